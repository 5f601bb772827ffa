import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import type { AcmeSettings } from '../../config/compile.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { IssuingProcess } from './issuing-process.ts';

const storage = mkdtempSync(join(tmpdir(), 'sluice-issuing-'));
/** Accepts, and says nothing. */
let silent: Server;

before(async () => {
  silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
after(() => {
  silent.close();
  rmSync(storage, { recursive: true, force: true });
});

function issuing(more: Partial<AcmeSettings> = {}, idleMs = 10_000): IssuingProcess & AsyncDisposable {
  const directory = 'https://127.0.0.1:1/dir';
  const settings: AcmeSettings = { directory, email: null, storage, challenge: 'http-01', caFile: null, account: null, ...more };
  const made = new IssuingProcess({ settings, publish: () => Promise.resolve(), idleMs });
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.close() });
}

const silence = (): Partial<AcmeSettings> => ({ directory: `https://127.0.0.1:${(silent.address() as AddressInfo).port}/dir` });
const never = new AbortController().signal;

test('what failed is kept over lives of the process, which ends when it has nothing to do', async () => {
  await using issuer = issuing({}, 50);
  assert.equal(issuer.pid, null, 'nothing runs before it is asked');
  assert.deepEqual(await issuer.stored(['a.test']), { certificate: null, fault: null, past: null });
  const past = { failures: 2, notBefore: timestamp(5), reason: 'no' };
  await issuer.remember(['a.test'], past);
  const first = issuer.pid;
  assert.ok(first !== null);
  await eventually(5_000, 'it is gone', () => issuer.pid === null);
  assert.deepEqual((await issuer.stored(['a.test'])).past, past);
  assert.notEqual(issuer.pid, first);
});

test('a server that cannot be reached is told apart from one that refuses', async () => {
  await using issuer = issuing();
  const error: unknown = await issuer.issue(['a.test'], null, never).catch((reason: unknown) => reason);
  const { isUnreachable, reason } = issuer.explain(error);
  assert.ok(isUnreachable);
  assert.match(reason, /^ACME server 127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test('an order that is not wanted any more ends with the reason for that', async () => {
  await using issuer = issuing(silence());
  const abort = new AbortController();
  const order = issuer.issue(['a.test'], null, abort.signal);
  const told = assert.rejects(order, /not now/);
  await issuer.stored(['b.test']);
  abort.abort(new Error('not now'));
  await told;
});

test('a process that dies fails what was asked of it, and the next question starts another', async () => {
  await using issuer = issuing(silence());
  const order = issuer.issue(['a.test'], null, never);
  const told = assert.rejects(order, /the process that orders certificates ended \(SIGKILL\)/);
  await issuer.stored(['b.test']);
  process.kill(issuer.pid!, 'SIGKILL');
  await told;
  assert.equal((await issuer.stored(['b.test'])).certificate, null);
});

test('a CA file that cannot be read is what each question is told', async () => {
  await using issuer = issuing({ caFile: join(storage, 'none.pem') });
  await assert.rejects(issuer.stored(['a.test']), /none\.pem/);
});

test('nothing is ordered after the end', async () => {
  const issuer = issuing(silence());
  const order = issuer.issue(['a.test'], null, never);
  const told = assert.rejects(order, /closing/);
  await issuer.close();
  await told;
  await assert.rejects(issuer.stored(['a.test']), /closing/);
});
