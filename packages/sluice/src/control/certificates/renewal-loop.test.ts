import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { type Timestamp, timestamp } from '../../base/time.ts';
import { type ManualRuntime, manualRuntime } from '../../../test/support/manual-runtime.ts';
import type { RenewalWindow } from '../../core/certificates/renewal.ts';
import type { CertificateIssuer, IssuedCertificate, PastFailures } from './issuer.ts';
import { RenewalLoop } from './renewal-loop.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NAMES = ['a.test', 'b.test'];

/** An issuer whose answers the tests give. */
class ScriptedIssuer implements CertificateIssuer {
  readonly runtime: ManualRuntime;
  onDisk: IssuedCertificate | null = null;
  past: PastFailures | null = null;
  window: RenewalWindow | null = null;
  /** Null: certificates without a renewal identifier. */
  renewalId: string | null = null;
  failure: Error | null = null;
  /** Orders hang until told. */
  held: PromiseWithResolvers<void> | null = null;
  readonly orders: { names: readonly string[]; previous: IssuedCertificate | null; at: Timestamp }[] = [];
  questions = 0;
  running = 0;
  runningMost = 0;
  days = 90;

  constructor(runtime: ManualRuntime) {
    this.runtime = runtime;
  }

  async stored(): ReturnType<CertificateIssuer['stored']> {
    return { certificate: this.onDisk, fault: null, past: this.past };
  }

  async issue(names: readonly string[], previous: IssuedCertificate | null, signal: AbortSignal): Promise<IssuedCertificate> {
    this.orders.push({ names, previous, at: this.runtime.clock.wall() });
    this.runningMost = Math.max(this.runningMost, ++this.running);
    try {
      if (this.held !== null) {
        const ended = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => ended.reject(signal.reason as Error));
        await Promise.race([this.held.promise, ended.promise]);
      }
      if (this.failure !== null) throw this.failure;
      return this.certificate(0);
    } finally {
      this.running--;
    }
  }

  async renewalInfo(): ReturnType<CertificateIssuer['renewalInfo']> {
    this.questions++;
    return this.window === null ? null : { window: this.window, retryAfterMs: 6 * HOUR_MS };
  }

  async remember(_names: readonly string[], past: PastFailures | null): Promise<void> {
    this.past = past;
  }

  explain(error: unknown): { isUnreachable: boolean; retryAfterMs: number | null; reason: string } {
    const { retryAfterMs = null, message } = error as Error & { retryAfterMs?: number };
    return { isUnreachable: false, retryAfterMs, reason: message };
  }

  /** One that began so many days ago. */
  certificate(ageDays: number): IssuedCertificate {
    const notBefore = timestamp(this.runtime.clock.wall() - ageDays * DAY_MS);
    const notAfter = timestamp(notBefore + this.days * DAY_MS);
    return { notBefore, notAfter, fingerprint: `made at ${notBefore}`, renewalId: this.renewalId };
  }
}

let runtime: ManualRuntime;
let issuer: ScriptedIssuer;
let loop: RenewalLoop;
let said: string[];
let changed: string[];

beforeEach(() => {
  runtime = manualRuntime();
  issuer = new ScriptedIssuer(runtime);
  said = [];
  changed = [];
  loop = new RenewalLoop({
    runtime,
    issuer,
    say: (level, what, detail) => void said.push(`${level} ${what} ${String(detail['reason'] ?? '')}`.trim()),
    onCertificate: (names) => void changed.push(names.join(' ')),
  });
});
afterEach(() => loop[Symbol.asyncDispose]());

/** Lets what is ready run; nothing here waits for real time. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await turn();
}

/** Moves time on in steps of an hour, as the loop's own wakes come. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= HOUR_MS) {
    runtime.advance(Math.min(left, HOUR_MS));
    await settle();
  }
}

const start = async (wanted: readonly (readonly string[])[] = [NAMES]): Promise<void> => {
  loop.apply(wanted);
  await settle();
};

test('what is missing is ordered at once, and told', async () => {
  await start();
  assert.deepEqual(changed, ['a.test b.test']);
  assert.deepEqual(said, ['info certificate-issued']);
  const [status] = loop.status();
  assert.equal(status?.notAfter, runtime.clock.wall() + 90 * DAY_MS);
  assert.equal(status?.phase, 'waiting');
});

test('what is on disk is used, and renewed around two thirds of its life', async () => {
  issuer.onDisk = issuer.certificate(50);
  await start();
  assert.deepEqual(changed, []);
  const next = loop.status()[0]?.nextAttempt ?? 0;
  const days = (next - runtime.clock.wall()) / DAY_MS;
  assert.ok(days >= 7 && days <= 13, String(days));
  await pass(days * DAY_MS - HOUR_MS);
  assert.equal(issuer.orders.length, 0);
  await pass(2 * HOUR_MS);
  assert.equal(issuer.orders.length, 1);
  assert.equal(issuer.orders[0]?.previous, issuer.onDisk);
});

test('a window that the server suggests is kept to, also when it moves to now', async () => {
  issuer.renewalId = 'id';
  issuer.onDisk = issuer.certificate(1);
  const now = runtime.clock.wall();
  issuer.window = { startMs: now + 30 * DAY_MS, endMs: now + 31 * DAY_MS };
  await start();
  assert.equal(issuer.questions, 1);
  const next = loop.status()[0]?.nextAttempt ?? 0;
  assert.ok(next >= issuer.window.startMs && next <= issuer.window.endMs);
  await pass(5 * HOUR_MS);
  assert.equal(issuer.questions, 1, 'not asked again before the time');
  issuer.window = { startMs: now - DAY_MS, endMs: now };
  await pass(2 * HOUR_MS);
  assert.deepEqual([issuer.questions >= 2, issuer.orders.length], [true, 1]);
});

test('a window that is always in the past makes no loop of orders', async () => {
  issuer.renewalId = 'id';
  issuer.window = { startMs: 0, endMs: 1 };
  await start();
  await pass(DAY_MS);
  assert.ok(issuer.orders.length >= 3 && issuer.orders.length <= 5, String(issuer.orders.length));
});

test('certificates that arrive expired make no loop of orders', async () => {
  issuer.days = -1;
  await start();
  await pass(HOUR_MS);
  assert.equal(issuer.orders.length, 2);
});

test('a server without windows is asked once', async () => {
  issuer.renewalId = 'id';
  issuer.onDisk = issuer.certificate(1);
  await start();
  await pass(3 * DAY_MS);
  assert.equal(issuer.questions, 1);
});

test('failures are told, wait longer each time, and are remembered', async () => {
  issuer.failure = new Error('CAA forbids it');
  await start();
  assert.deepEqual(said, ['error certificate-failed CAA forbids it']);
  await pass(DAY_MS);
  const gaps = issuer.orders.slice(1).map(({ at }, index) => (at - issuer.orders[index]!.at) / MINUTE_MS);
  assert.ok(gaps.length >= 5 && gaps.length <= 9, String(gaps));
  assert.ok(gaps[0]! >= 4 && gaps[0]! <= 5, String(gaps));
  for (const [index, gap] of gaps.slice(1).entries()) assert.ok(gap > gaps[index]!, String(gaps));
  assert.equal(issuer.past?.failures, issuer.orders.length);
  assert.deepEqual([loop.status()[0]?.lastError, loop.status()[0]?.failures], ['CAA forbids it', issuer.orders.length]);
  issuer.failure = null;
  await pass(13 * HOUR_MS);
  assert.equal(issuer.past, null);
  assert.deepEqual([loop.status()[0]?.lastError, loop.status()[0]?.failures], [null, 0]);
});

test('a program that restarts keeps to the wait of the one before', async () => {
  issuer.past = { failures: 3, notBefore: timestamp(runtime.clock.wall() + 20 * MINUTE_MS), reason: 'before' };
  await start();
  assert.deepEqual([issuer.orders.length, loop.status()[0]?.lastError], [0, 'before']);
  runtime.advance(20 * MINUTE_MS);
  await settle();
  assert.equal(issuer.orders.length, 1);
});

test("a rate limit's time is kept to", async () => {
  issuer.failure = Object.assign(new Error('rateLimited'), { retryAfterMs: 30 * HOUR_MS });
  await start();
  await pass(29 * HOUR_MS);
  assert.equal(issuer.orders.length, 1);
  await pass(5 * HOUR_MS);
  assert.equal(issuer.orders.length, 2);
});

test('a renewal that fails early is a warning; the certificate in use stays', async () => {
  issuer.onDisk = issuer.certificate(70);
  issuer.failure = new Error('no');
  await start();
  assert.deepEqual(said, ['warn certificate-failed no']);
  assert.equal(loop.status()[0]?.notAfter, issuer.onDisk.notAfter);
  await pass(10 * DAY_MS);
  assert.ok(said.includes('error certificate-failed no'));
});

test('three orders at a time', async () => {
  issuer.held = Promise.withResolvers();
  await start(Array.from({ length: 8 }, (_, index) => [`${index}.test`]));
  assert.deepEqual([issuer.orders.length, loop.status().filter(({ phase }) => phase === 'ordering').length], [3, 8]);
  issuer.held.resolve();
  await settle();
  await settle();
  assert.deepEqual([issuer.orders.length, issuer.runningMost, changed.length], [8, 3, 8]);
});

test('an order that hangs ends at its deadline', async () => {
  issuer.held = Promise.withResolvers();
  await start();
  runtime.advance(5 * MINUTE_MS);
  await settle();
  assert.deepEqual(said, ['error certificate-failed not done within 300 s']);
});

test('what is no longer wanted is ended and said no more of; what stays is left alone', async () => {
  issuer.held = Promise.withResolvers();
  await start([NAMES, ['c.test']]);
  loop.apply([['b.test', 'a.test']]);
  await settle();
  assert.deepEqual([issuer.running, issuer.orders.length], [1, 2]);
  issuer.held.resolve();
  await settle();
  assert.deepEqual([changed, said], [['a.test b.test'], ['info certificate-issued']]);
});

test('when it ends nothing is left running or waiting', async () => {
  issuer.held = Promise.withResolvers();
  await start([NAMES, ['c.test']]);
  await loop[Symbol.asyncDispose]();
  assert.deepEqual([issuer.running, runtime.waiting, changed], [0, 0, []]);
});
