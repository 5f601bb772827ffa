import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { timestamp } from '../base/time.ts';
import { AuditLog, ENTRIES_MAX } from './audit-log.ts';
import type { AuditNote } from './bindings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-audit-'));
after(() => rmSync(folder, { recursive: true }));

const CI = { name: 'ci', scope: 'operate' } as const;
const NOTE: AuditNote = { action: 'scale', target: 'service/web', before: 2, after: 5, outcome: 'ok' };

function log(): { audit: AuditLog; said: string[]; clock: { now: number } } {
  const said: string[] = [];
  const clock = { now: 1_000_000 };
  const audit = new AuditLog(
    () => timestamp(clock.now),
    (level, what, detail) => said.push(`${level} ${what} ${String(detail['reason'] ?? '')}`),
  );
  return { audit, said, clock };
}

test('changes are listed the youngest first, page by page, and the oldest of too many are gone', () => {
  const { audit } = log();
  for (let count = 0; count < ENTRIES_MAX + 5; count++) audit.write(CI, { ...NOTE, after: count });
  const page = audit.list(null, 2);
  deepEqual(
    page.map(({ id, who, after: value }) => [id, who, value]),
    [
      [1_005, 'ci', 1_004],
      [1_004, 'ci', 1_003],
    ],
  );
  deepEqual(
    audit.list(page[1]!.id, 1).map(({ id }) => id),
    [1_003],
  );
  equal(audit.list(null, 5_000).length, ENTRIES_MAX);
  deepEqual(audit.list(6, 10), []);
});

test('secrets are masked at any depth, and long values are cut', () => {
  const { audit } = log();
  const secret = 'correct-horse';
  audit.write(CI, { ...NOTE, before: { env: { API_KEY: secret, dbPassword: { value: secret } } }, after: { list: 'x'.repeat(10_000) } });
  const [entry] = audit.list(null, 1);
  doesNotMatch(JSON.stringify(entry), /correct-horse/);
  deepEqual(entry!.before, { env: { API_KEY: '***', dbPassword: '***' } });
  equal((entry!.after as string).length, 4_097);
});

test('refusals are one entry a minute for each status, with how many and from where', async () => {
  const { audit, clock } = log();
  for (let count = 0; count < 500; count++) audit.refused(401, `192.0.2.${count % 20}`);
  audit.refused(403, '192.0.2.1');
  equal(audit.list(null, 10).length, 2);
  clock.now += 60_000;
  const counted = audit.list(null, 1)[0]!;
  const { status, count, from } = counted.after as { status: number; count: number; from: string[] };
  deepEqual([counted.action, status, count, from.length], ['refused', 401, 499, 10]);
  await audit[Symbol.asyncDispose]();
});

test('the file has each change as a line and is for its user only, even one that was there', async () => {
  const { audit, said } = log();
  const path = join(folder, 'audit.jsonl');
  writeFileSync(path, '', { mode: 0o644 });
  await audit.follow(path);
  audit.write(CI, { ...NOTE, target: 'service/wäb' });
  await audit[Symbol.asyncDispose]();
  equal(statSync(path).mode & 0o777, 0o600);
  deepEqual(JSON.parse(readFileSync(path, 'utf8')), { id: 1, at: 1_000_000, who: 'ci', ...NOTE, target: 'service/wäb' });
  deepEqual(said, []);
});

test('a full disk is told, and what is asked goes on', async () => {
  const { audit, said } = log();
  await audit.follow('/dev/full');
  audit.write(CI, NOTE);
  await audit[Symbol.asyncDispose]();
  match(said[0] ?? '', /^error audit-failed log "\/dev\/full": ENOSPC/);
  equal(audit.list(null, 10).length, 1);
});

test('a file that cannot be opened is told, and is tried again', async () => {
  const { audit, said } = log();
  const path = join(folder, 'missing', 'audit.jsonl');
  for (let count = 0; count < 2; count++) await audit.follow(path);
  equal(said.length, 2);
  match(said[0]!, /^error audit-failed .*ENOENT/);
  audit.write(CI, NOTE);
  equal(audit.list(null, 10).length, 1);
});

test('a pipe that nobody reads stops nothing', async () => {
  const { audit, said } = log();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await audit.follow(pipe);
  match(said.join(), /^error audit-failed .*ENXIO/);
  audit.write(CI, NOTE);
  equal(audit.list(null, 10).length, 1);
});
