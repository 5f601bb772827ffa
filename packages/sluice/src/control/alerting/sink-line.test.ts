import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type ManualRuntime, manualRuntime } from '../../../test/support/manual-runtime.ts';
import type { SinkPlan } from '../../config/alert-plan.ts';
import { type AlertNotice, type NoticeAlert, SinkRefusal } from '../../core/alerting/alert-notice.ts';
import { GIVE_UP_MS, SinkLine, WAITING_MAX } from './sink-line.ts';

const PLAN: SinkPlan = { name: 'ops', kind: 'webhook', url: '', headers: {}, severity: 'warning', sendResolved: true, timeoutMs: 1_000 };

function alert(id: string, over: Partial<NoticeAlert> = {}): NoticeAlert {
  return { id, rule: 'r', severity: 'critical', state: 'firing', labels: {}, summary: '', value: 1, sinceMs: 0, resolvedMs: null, ...over };
}

function notice(group: string, ...alerts: readonly NoticeAlert[]): AlertNotice {
  return { group, labels: {}, state: 'firing', severity: 'critical', alerts, left: 0, atMs: 0, host: 'here', isTest: false };
}

function stage() {
  const runtime = manualRuntime();
  const events: string[] = [];
  const taken: AlertNotice[] = [];
  const sink = { answer: async (): Promise<void> => {} };
  const line = new SinkLine({
    plan: PLAN,
    runtime,
    say: (_, what) => void events.push(what),
    counts: { told: 0, retried: 0, givenUp: 0 },
    told: () => {},
    sink: {
      async send(given) {
        await sink.answer();
        taken.push(given);
      },
      async [Symbol.asyncDispose]() {},
    },
  });
  return { runtime, events, taken, sink, line };
}

/** In steps shorter than a sink's timeout: what answers at once must get a turn before it. */
async function pass(runtime: ManualRuntime, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    runtime.advance(500);
    await turn();
  }
}

test('a sink that hangs is cut, tried again, and told of once each way; what it missed arrives', async () => {
  const { runtime, events, taken, sink, line } = stage();
  sink.answer = () => new Promise(() => {});
  line.push(notice('g', alert('a')));
  await pass(runtime, 30 * 60_000);
  assert.deepEqual(events, ['alert-sink-away']);
  sink.answer = async () => {};
  await pass(runtime, 20 * 60_000);
  assert.deepEqual(events, ['alert-sink-away', 'alert-sink-back']);
  assert.deepEqual(
    taken.map(({ group }) => group),
    ['g'],
  );
  assert.deepEqual(line.figures, { waiting: 0, givenUp: 0 });
});

test('a newer notice of a group stands in place of the one that waits, with what that one said was over', async () => {
  const { runtime, taken, sink, line } = stage();
  sink.answer = () => Promise.reject(new Error('503'));
  line.push(notice('g', alert('a'), alert('b')));
  await turn();
  line.push(notice('g', alert('b'), alert('a', { state: 'resolved', resolvedMs: 5 })));
  line.push(notice('g', alert('b'), alert('c')));
  sink.answer = async () => {};
  runtime.advance(60_000);
  await turn();
  assert.deepEqual(
    taken.map(({ alerts }) => alerts.map(({ id, state }) => `${id} ${state}`)),
    [['b firing', 'c firing', 'a resolved']],
  );
});

test('what a sink refuses is not tried again, what it cannot take within an hour is given up, and both are counted', async () => {
  const { runtime, events, sink, line } = stage();
  sink.answer = () => Promise.reject(new SinkRefusal('401'));
  line.push(notice('g', alert('a')));
  await turn();
  assert.deepEqual(events, ['alert-given-up']);
  sink.answer = () => Promise.reject(new Error('503'));
  line.push(notice('h', alert('a')));
  await turn();
  await pass(runtime, GIVE_UP_MS + 300_000);
  assert.deepEqual(line.figures, { waiting: 0, givenUp: 2 });
  assert.equal(runtime.waiting, 0);
});

test('no more wait than the limit, and what a sink does not want never does', async () => {
  const { sink, line } = stage();
  sink.answer = () => Promise.reject(new Error('503'));
  line.push(notice('info', alert('a', { severity: 'info' })));
  assert.equal(line.figures.waiting, 0);
  for (let group = 0; group < WAITING_MAX + 10; group++) line.push(notice(`g${group}`, alert('a')));
  await turn();
  assert.ok(line.figures.waiting <= WAITING_MAX + 1);
  assert.ok(line.figures.givenUp >= 9);
});
