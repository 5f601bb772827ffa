import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventRecord } from '../../observe/events.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { PolledSignal } from './polled-signal.ts';

/** A source whose answers the test gives; `null` never answers. */
function setUp(answer: () => number | Error | null) {
  const runtime = manualRuntime();
  const events: EventRecord[] = [];
  let asked = 0;
  const polled = new PolledSignal({
    runtime,
    say: (level, what, detail) => events.push({ level, what, detail }),
    service: 'users',
    policy: 'jobs',
    pollMs: 10_000,
    deadlineMs: 5_000,
    ask: (abort) => {
      asked += 1;
      const now = answer();
      if (now instanceof Error) return Promise.reject(now);
      if (now !== null) return Promise.resolve(now);
      return new Promise((_resolve, reject) => abort.addEventListener('abort', () => reject(abort.reason as Error)));
    },
  });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      runtime.advance(500);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
  };
  return { runtime, events, polled, pass, asked: () => asked, value: () => polled.value(runtime.clock.now()) };
}

test('asks soon, then each period with jitter, and has the last number', async () => {
  let answer = 5;
  const { pass, asked, value } = setUp(() => answer);
  assert.equal(value(), null);
  await pass(1_000);
  assert.equal(value(), 5);
  answer = 7;
  await pass(11_000);
  assert.equal(value(), 7);
  await pass(100_000);
  assert.ok(asked() >= 10 && asked() <= 13, String(asked()));
});

test('a source that fails keeps its number for three periods, is said once, asked less often, and is said once when it is back', async () => {
  let answer: number | Error = 5;
  const { events, pass, asked, value } = setUp(() => answer);
  await pass(1_000);
  answer = new Error('http://prom:9090/ cannot be reached: ECONNREFUSED\nand more');
  await pass(28_000);
  assert.equal(value(), 5);
  await pass(3_000);
  assert.equal(value(), null);
  const before = asked();
  await pass(300_000);
  assert.ok(asked() - before >= 4 && asked() - before <= 6, `about once a minute, got ${asked() - before} in 5`);
  assert.equal(events.length, 1);
  assert.equal(events[0]?.what, 'signal-lost');
  assert.equal(events[0]?.detail['reason'], 'http://prom:9090/ cannot be reached: ECONNREFUSED');
  answer = 9;
  await pass(61_000);
  assert.equal(value(), 9);
  assert.deepEqual(events.at(-1), { level: 'info', what: 'signal-back', detail: { service: 'users', signal: 'jobs', value: 9 } });
  assert.equal(events.length, 2);
});

test('an answer that does not come in time is a failure', async () => {
  const { events, pass } = setUp(() => null);
  await pass(4_000);
  assert.equal(events.length, 0);
  await pass(2_000);
  assert.equal(events[0]?.detail['reason'], 'no answer within 5 s');
});

test('what is no finite number, 0 or above, is a failure', async () => {
  for (const wrong of [-1, NaN, Infinity]) {
    const { events, pass, value } = setUp(() => wrong);
    await pass(1_000);
    assert.equal(value(), null);
    assert.match(String(events[0]?.detail['reason']), /a signal is a finite number, 0 or above/);
  }
});

test('after its end it asks nobody, and what was under way is not heard', async () => {
  const { runtime, events, polled, pass, asked } = setUp(() => null);
  await pass(1_000);
  polled.stop();
  await pass(60_000);
  assert.equal(asked(), 1);
  assert.deepEqual(events, []);
  assert.equal(runtime.waiting, 0);
});
