import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { timestamp } from '../base/time.ts';
import { type TestAuthority, testAuthority } from '../../test/support/authority.ts';
import { makeRevocationList } from '../../test/support/revocation-list.ts';
import { readCaBundle, readRevocationLists } from './trust-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-trust-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const NOW = timestamp(Date.now());
const DAY_MS = 86_400_000;
let authority: TestAuthority;
let list: string;

before(async () => {
  authority = await testAuthority();
  list = await makeRevocationList({ authority, revoked: ['0a1b'], now: NOW });
});

function file(text: string): string {
  const path = join(directory, 'trust.pem');
  writeFileSync(path, text);
  return path;
}

test('a bundle is read whole', async () => {
  const other = await testAuthority('Other CA');
  const bundle = await readCaBundle(file(`# ours\n${authority.certPem}\n# theirs\n${other.certPem}`), NOW);
  assert.ok(bundle.ok);
  assert.equal(bundle.pem, authority.certPem + other.certPem);
  assert.deepEqual(bundle.warnings, []);
});

test('a bundle that cannot be used says why', async () => {
  const refusals: [string, RegExp][] = [
    ['', /is empty/],
    [list, /has no certificate in it, but X509 CRL/],
    [authority.certPem.replace('MII', 'AAA'), /cannot be parsed/],
  ];
  for (const [text, words] of refusals) {
    const bundle = await readCaBundle(file(text), NOW);
    assert.ok(!bundle.ok);
    assert.match(bundle.fault.message, words);
  }
  const missing = await readCaBundle(join(directory, 'none.pem'), NOW);
  assert.ok(!missing.ok && missing.fault.kind === 'unreadable');
});

test('an authority out of its time is a warning', async () => {
  const bundle = await readCaBundle(file(authority.certPem), timestamp(NOW + 4_000 * DAY_MS));
  assert.ok(bundle.ok);
  assert.deepEqual(
    bundle.warnings.map(({ kind }) => kind),
    ['expired'],
  );
});

test('a revocation list is read; overdue or early is a warning', async () => {
  const kindsAt = async (days: number): Promise<string[]> => {
    const read = await readRevocationLists(file(list), timestamp(NOW + days * DAY_MS));
    assert.ok(read.ok);
    assert.equal(read.pem, list);
    return read.warnings.map(({ kind }) => kind);
  };
  assert.deepEqual(await kindsAt(0), []);
  assert.deepEqual(await kindsAt(31), ['expired']);
  assert.deepEqual(await kindsAt(-1), ['not-yet-valid']);
});

test('what is no revocation list is refused', async () => {
  for (const [text, words] of [
    [authority.certPem, /has no revocation list in it, but CERTIFICATE/],
    [list.replace('MI', 'AA'), /cannot be parsed/],
    ['x', /is not PEM/],
  ] as const) {
    const read = await readRevocationLists(file(text), NOW);
    assert.ok(!read.ok);
    assert.match(read.fault.message, words);
  }
});
