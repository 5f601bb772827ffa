import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type ManualRuntime, manualRuntime } from '../../../test/support/manual-runtime.ts';
import { servicePlan, testPlan } from '../../../test/support/plans.ts';
import type { AlertPlan, SinkPlan } from '../../config/alert-plan.ts';
import { ALERTS_MAX, OVERFLOW_RULE } from '../../core/alerting/alert-book.ts';
import type { AlertNotice } from '../../core/alerting/alert-notice.ts';
import type { ThresholdRule } from '../../core/alerting/rule.ts';
import { DOWN, endpointTable } from '../../core/balancing/endpoint-table.ts';
import { MetricBoard } from '../../observe/metric-board.ts';
import { AlertLoop } from './alert-loop.ts';
import { GIVE_UP_MS, WAITING_MAX } from './sink-line.ts';

const EVERY_MS = 10_000;
const TURNS_MAX = 2_000;
const RULE: ThresholdRule = {
  kind: 'threshold',
  name: 'down',
  severity: 'critical',
  metric: 'sluice_endpoint_up',
  labels: {},
  windowMs: 60_000,
  above: null,
  below: 1,
  per: null,
  quantile: null,
  summary: '{endpoint} of {service} is down',
  forMs: 0,
  keepMs: 0,
};

function sink(name: string): SinkPlan {
  return { name, kind: 'webhook', url: '', headers: {}, severity: 'warning', sendResolved: true, timeoutMs: 1_000 };
}

function plan(over: Partial<AlertPlan> = {}): AlertPlan {
  const group = { by: ['rule', 'endpoint'], waitMs: 0, repeatMs: 4 * GIVE_UP_MS };
  return { everyMs: EVERY_MS, rules: [RULE], slos: [], sinks: [sink('ops')], group, ...over };
}

type Answer = (notice: AlertNotice) => Promise<void>;

const TAKES: Answer = async () => {};
const HANGS: Answer = () => new Promise(() => {});
const FAILS: Answer = () => Promise.reject(new Error('HTTP 503'));

/** A service with so many endpoints, all up; `down` takes some of them down, and the others up. */
function stage(endpoints: number) {
  const runtime = manualRuntime();
  const table = endpointTable();
  const events: { readonly what: string; readonly detail: Readonly<Record<string, unknown>> }[] = [];
  const addresses = Array.from({ length: endpoints }, (_, index) => `10.0.${index >> 8}.${index & 255}:80`);
  const slots = {
    listeners: {},
    routes: {},
    services: { web: 0 },
    endpoints: { web: Object.fromEntries(addresses.map((address, slot) => [address, slot])) },
  };
  const running = { plan: testPlan([servicePlan('web', addresses)]), slots };
  const answers = new Map<string, Answer>();
  const taken = new Map<string, AlertNotice[]>();
  const loop = new AlertLoop({
    runtime,
    say: (_level, what, detail) => void events.push({ what, detail }),
    open: ({ name }) => ({
      async send(notice) {
        await (answers.get(name) ?? TAKES)(notice);
        taken.set(name, [...(taken.get(name) ?? []), notice]);
      },
      async [Symbol.asyncDispose]() {},
    }),
    host: 'here',
    memoryBytes: 1e9,
  });
  loop.connect({
    board: new MetricBoard(1),
    table,
    running: () => running,
    facts: () => assert.fail('no rule here is about the process'),
    startWithinMs: () => null,
  });
  const down = (from: number, to: number): void =>
    addresses.forEach((_, slot) => (table.state[slot] = slot >= from && slot < to ? DOWN : 0));
  const said = (what: string) => events.filter((event) => event.what === what);
  const told = (name: string): readonly string[] =>
    (taken.get(name) ?? []).flatMap(({ alerts }) => alerts.map(({ labels, state }) => `${labels['endpoint']} ${state}`));
  return { runtime, loop, answers, taken, down, said, told };
}

/** In steps shorter than a sink's timeout: what answers at once must get a turn before it. */
async function pass(runtime: ManualRuntime, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    runtime.advance(500);
    await turn();
  }
}

/** Time stands still until it holds, or nothing more can come of it. */
async function settle(holds: () => boolean = () => false): Promise<void> {
  for (let turns = 0; turns < TURNS_MAX && !holds(); turns++) await turn();
}

function counts(loop: AlertLoop): Readonly<Record<string, number>> {
  return Object.fromEntries(loop.notices().map(({ sink: name, outcome, count }) => [`${name} ${outcome}`, count]));
}

test('hundreds of alerts at once reach a sink that takes them beside one that hangs, whose line stays bounded and is said once', async () => {
  const { runtime, loop, answers, down, said, told } = stage(1_400);
  loop.follow(plan({ sinks: [sink('stuck'), sink('ops')] }));
  answers.set('stuck', HANGS);
  down(0, 900);
  runtime.advance(EVERY_MS);
  await settle(() => told('ops').length >= 900);
  assert.equal(new Set(told('ops')).size, 900);
  assert.equal(loop.list().filter(({ state }) => state === 'firing').length, 900);
  assert.deepEqual([told('stuck'), counts(loop)['stuck given-up']], [[], 0]);

  // What is over must be told, too: it waits on beside what is new.
  down(0, 0);
  await pass(runtime, EVERY_MS);
  down(900, 1_400);
  await pass(runtime, EVERY_MS);
  await settle(() => told('ops').length >= 900 + 900 + 500);
  const lost = counts(loop)['stuck given-up'] ?? 0;
  assert.ok(lost >= 1_400 - WAITING_MAX - 1 && lost <= 1_400 - WAITING_MAX, `beyond the bound: ${lost}`);
  assert.equal(said('alert-given-up').length, 1);
  assert.equal(said('alert-sink-away').length, 1);
  assert.equal(counts(loop)['ops told'], 900 + 900 + 500);

  answers.set('stuck', TAKES);
  await pass(runtime, 400_000);
  await settle(() => told('stuck').length >= WAITING_MAX);
  assert.equal(said('alert-sink-back').length, 1);
});

test('more alerts than are kept are said by one more alert, and the list stays bounded', async () => {
  const { runtime, loop, down } = stage(ALERTS_MAX + 200);
  loop.follow(plan({ group: { by: ['rule'], waitMs: 0, repeatMs: GIVE_UP_MS } }));
  down(0, ALERTS_MAX + 200);
  runtime.advance(EVERY_MS);
  await settle();
  assert.equal(loop.list().length, ALERTS_MAX + 1);
  assert.equal(loop.list().find(({ rule }) => rule === OVERFLOW_RULE)?.value, 200);
});

test('a reload that leaves a rule as it is forgets nothing of it; one that takes it away ends its alerts and tells so', async () => {
  const { runtime, loop, down, said, told } = stage(3);
  loop.follow(plan());
  down(0, 1);
  runtime.advance(EVERY_MS);
  await settle();
  const [before] = loop.list();
  loop.silence({ endpoint: '10.0.0.2:80' }, 60_000, 'me', '');
  runtime.advance(EVERY_MS);

  loop.follow(plan({ everyMs: 2 * EVERY_MS, sinks: [sink('ops'), sink('other')], rules: [RULE, { ...RULE, name: 'more', below: -1 }] }));
  runtime.advance(2 * EVERY_MS);
  await settle();
  assert.deepEqual(loop.list(), [before]);
  assert.equal(loop.silences().length, 1);
  assert.equal(said('alert-firing').length, 1);
  assert.deepEqual(told('ops'), ['10.0.0.0:80 firing']);
  assert.deepEqual(told('other'), [], 'nothing is new');

  loop.follow(plan({ rules: [] }));
  await settle();
  assert.deepEqual(
    loop.list().map(({ state }) => state),
    ['resolved'],
  );
  assert.deepEqual(told('ops'), ['10.0.0.0:80 firing', '10.0.0.0:80 resolved']);
  assert.equal(runtime.waiting, 0, 'with nothing to look at, nobody looks');
});

test('what is silenced shows and is not told; when the silence ends and it goes on, it is', async () => {
  const { runtime, loop, down, told } = stage(2);
  loop.follow(plan());
  const { id } = loop.silence({ rule: 'down' }, 300_000, 'me', 'moving');
  down(0, 2);
  await pass(runtime, 290_000);
  assert.deepEqual(told('ops'), []);
  assert.deepEqual(
    loop.list().map(({ state, silencedBy }) => [state, silencedBy]),
    [
      ['firing', id],
      ['firing', id],
    ],
  );
  await pass(runtime, 30_000);
  assert.deepEqual(new Set(told('ops')), new Set(['10.0.0.0:80 firing', '10.0.0.1:80 firing']));

  loop.silence({ endpoint: '10.0.0.0:80' }, 300_000, 'me', '');
  down(0, 0);
  await pass(runtime, 20_000);
  assert.equal(told('ops').filter((line) => line.endsWith('resolved')).length, 2, 'that it is over is told to who knew of it');
});

test('what no sink takes within an hour is given up, once, and said so where people look', async () => {
  const { runtime, loop, answers, down, said } = stage(1);
  loop.follow(plan());
  answers.set('ops', FAILS);
  down(0, 1);
  await pass(runtime, GIVE_UP_MS + 600_000);
  assert.deepEqual(
    said('alert-given-up').map(({ detail }) => [detail['sink'], detail['rules'], detail['reason']]),
    [['ops', 'down', 'it could not be delivered within an hour']],
  );
  assert.equal(said('alert-sink-away').length, 1);
  const { 'ops told': taken, 'ops given-up': givenUp, 'ops retried': retried = 0 } = counts(loop);
  assert.deepEqual([taken, givenUp], [0, 1]);
  assert.ok(retried > 10 && retried < 60, `waits grow: ${retried} tries`);
  assert.match(loop.list()[0]?.told[0] ?? '', /^ops \(webhook\): not told at .*: HTTP 503$/);
});
