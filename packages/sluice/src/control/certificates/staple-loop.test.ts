import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, before, beforeEach, test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import type { Staple, StapleRequest } from '../../clients/ocsp/client.ts';
import { testAuthority } from '../../../test/support/authority.ts';
import { type ManualRuntime, manualRuntime } from '../../../test/support/manual-runtime.ts';
import { type StapledCertificate, StapleLoop } from './staple-loop.ts';

const HOUR_MS = 3_600_000;
let chain: string;
let leafOnly: string;

before(async () => {
  const authority = await testAuthority();
  leafOnly = (await authority.leaf(['a.test'])).certPem;
  chain = leafOnly + authority.certPem;
});

let runtime: ManualRuntime;
let loop: StapleLoop;
let asked: StapleRequest[];
let said: string[];
let told: [string, string | null][];
let answer: (request: StapleRequest) => Promise<Staple>;

beforeEach(() => {
  runtime = manualRuntime();
  asked = [];
  said = [];
  told = [];
  answer = async () => staple('one', 10);
  loop = new StapleLoop({
    runtime,
    say: (level, what, detail) => void said.push(`${level} ${what} ${String(detail['reason'])}`),
    fetch: (request) => {
      asked.push(request);
      return answer(request);
    },
    onStaple: (fingerprint, der) => void told.push([fingerprint, der === null ? null : Buffer.from(der).toString()]),
  });
});
afterEach(() => {
  loop.stop();
  assert.equal(runtime.waiting, 0);
});

function staple(text: string, hours: number): Staple {
  const now = runtime.clock.wall();
  return { der: Buffer.from(text), thisUpdate: now, nextUpdate: timestamp(now + hours * HOUR_MS) };
}

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= HOUR_MS) {
    runtime.advance(Math.min(left, HOUR_MS));
    for (let turns = 0; turns < 5; turns++) await turn();
  }
}

const wanted = (certPem = chain): StapledCertificate => ({ fingerprint: 'f', names: ['a.test'], certPem, ocspUrl: 'http://o.test/' });

test('an answer is fetched at once, kept, and fetched again at half of its life', async () => {
  loop.apply([wanted()]);
  await pass(1);
  assert.deepEqual(told, [['f', 'one']]);
  assert.match(asked[0]?.leaf.subject ?? '', /a\.test/);
  assert.match(asked[0]?.issuer.subject ?? '', /Test CA/);
  assert.equal(Buffer.from(loop.staple('f') ?? []).toString(), 'one');
  await pass(4 * HOUR_MS);
  assert.equal(asked.length, 1);
  answer = async () => staple('two', 10);
  await pass(HOUR_MS);
  assert.deepEqual(told, [
    ['f', 'one'],
    ['f', 'two'],
  ]);
});

test('while nobody answers the old one is stapled until it ends, and it is said twice, not every time', async () => {
  loop.apply([wanted()]);
  await pass(1);
  answer = () => Promise.reject(new Error('nobody'));
  await pass(9 * HOUR_MS);
  assert.ok(loop.staple('f') !== null);
  await pass(3 * HOUR_MS);
  assert.equal(loop.staple('f'), null);
  assert.deepEqual(told.at(-1), ['f', null]);
  assert.deepEqual(said, ['warn ocsp-failed nobody', 'warn ocsp-failed nobody']);
  answer = async () => staple('again', 10);
  await pass(2 * HOUR_MS);
  assert.deepEqual(told.at(-1), ['f', 'again']);
});

test('a certificate that was revoked loses its answer at once', async () => {
  loop.apply([wanted()]);
  await pass(1);
  answer = () => Promise.reject(Object.assign(new Error('revoked'), { isRevoked: true }));
  await pass(6 * HOUR_MS);
  assert.deepEqual(told.at(-1), ['f', null]);
  assert.ok(said[0] === 'error certificate-revoked revoked');
});

test('a chain without its issuer is said with the remedy', async () => {
  loop.apply([wanted(leafOnly)]);
  await pass(1);
  assert.equal(asked.length, 0);
  assert.match(said[0] ?? '', /warn ocsp-failed OCSP needs the issuer's certificate: put it into/);
});

test('a responder that does not answer is given up on, and what is not wanted is not told of', async () => {
  const hang = ({ signal }: StapleRequest): Promise<Staple> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  answer = hang;
  loop.apply([wanted()]);
  await pass(15_000);
  assert.deepEqual(said, ['warn ocsp-failed no answer in time']);
  loop.apply([{ ...wanted(), fingerprint: 'g' }]);
  loop.apply([]);
  await pass(HOUR_MS);
  assert.deepEqual([said.length, told], [1, []]);
});

test('what stays keeps its answer', async () => {
  loop.apply([wanted()]);
  await pass(1);
  loop.apply([wanted(), { ...wanted(), fingerprint: 'g' }]);
  await pass(1);
  assert.deepEqual(asked.length, 2);
  assert.deepEqual(
    told.map(([fingerprint]) => fingerprint),
    ['f', 'g'],
  );
});
