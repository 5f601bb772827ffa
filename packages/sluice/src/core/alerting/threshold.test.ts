import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Absence } from './absence.ts';
import { bucketOf, BUCKET_COUNT } from '../../base/histogram.ts';
import { EventCount } from './event-count.ts';
import type { ThresholdRule } from './rule.ts';
import { Threshold } from './threshold.ts';

const BASE = { name: 'r', severity: 'warning', summary: '', forMs: 0, keepMs: 0, windowMs: 60_000, labels: {} } as const;

function rule(parts: Partial<ThresholdRule>): ThresholdRule {
  return { ...BASE, kind: 'threshold', metric: 'sluice_shed_total', above: null, below: null, per: null, quantile: null, ...parts };
}

const shed = (value: number, service = 'a') => ({ text: `service="${service}"`, value });

test('a counter is its rate per second over the window, over a reset too', () => {
  const watch = new Threshold(rule({ above: 0.9 }));
  assert.deepEqual(watch.look([shed(1_000)], [], 0), []);
  assert.equal(watch.look([shed(1_010)], [], 10_000)[0]?.value, 1);
  assert.equal(watch.look([shed(10)], [], 20_000)[0]?.value, 1);
  assert.deepEqual(watch.look([shed(10)], [], 90_000), [], 'what lies before the window does not count');
});

test('a series that appears later has risen from 0 since the look before', () => {
  const watch = new Threshold(rule({ above: 0.4 }));
  watch.look([], [], 0);
  assert.equal(watch.look([shed(5)], [], 10_000)[0]?.value, 0.5);
});

test('labels choose series, by text or by regular expression', () => {
  const found = (service: string): readonly unknown[] => {
    const watch = new Threshold(rule({ metric: 'sluice_service_parked', above: 0, labels: { service } }));
    return watch.look([shed(1, 'shop-a'), shed(1, 'shop-b'), shed(1, 'x')], [], 0).map(({ labels }) => labels['service']);
  };
  assert.deepEqual(found('x'), ['x']);
  assert.deepEqual(found('~shop-.*'), ['shop-a', 'shop-b']);
  assert.deepEqual(found('~hop'), [], 'the whole value must match');
});

test('a share is a rate divided by the sum of all, without a value where there is none', () => {
  const metric = 'sluice_service_requests_total';
  const watch = new Threshold(rule({ metric, per: metric, labels: { code: '5xx' }, above: 0.09 }));
  const all = (ok: number, bad: number) => [
    { text: 'service="a",code="2xx"', value: ok },
    { text: 'service="a",code="5xx"', value: bad },
    { text: 'service="idle",code="5xx"', value: 0 },
  ];
  assert.deepEqual(watch.look(all(0, 0), all(0, 0), 0), []);
  const [found, ...others] = watch.look(all(90, 10), all(90, 10), 10_000);
  assert.equal(found?.value, 0.1);
  assert.deepEqual(found.labels, { service: 'a' });
  assert.deepEqual(others, []);
});

test('a quantile of a histogram is of what came within the window, in seconds', () => {
  const watch = new Threshold(rule({ metric: 'sluice_service_request_duration_seconds', quantile: 0.5, above: 0.2 }));
  const at = (fast: number, slow: number) => {
    const buckets = new Float64Array(BUCKET_COUNT);
    buckets[bucketOf(1)] = fast;
    buckets[bucketOf(350)] = slow;
    return [{ text: 'service="a"', value: 0, buckets }];
  };
  assert.deepEqual(watch.look(at(1_000, 0), [], 0), []);
  const [found] = watch.look(at(1_000, 100), [], 10_000);
  const value = found?.value ?? 0;
  assert.ok(value > 0.25 && value < 0.4, `${value}`);
  watch.look(at(1_000, 100), [], 40_000);
  assert.deepEqual(watch.look(at(1_000, 100), [], 80_000), []);
});

test('a counter that does not move for the window is missing, one that does is not', () => {
  const watch = new Absence({ ...BASE, kind: 'absence', metric: 'sluice_requests_total', labels: { listener: 'web' } });
  const total = (value: number) => [{ text: 'listener="web",code="2xx"', value }];
  assert.deepEqual(watch.look(total(5), 0), []);
  assert.deepEqual(watch.look(total(6), 60_000), []);
  assert.deepEqual(watch.look(total(6), 90_000), []);
  assert.deepEqual(watch.look(total(6), 125_000), [{ text: '', labels: { listener: 'web' }, value: null }]);
  assert.deepEqual(watch.look(total(7), 130_000), []);
});

test('events are counted per thing, within the window', () => {
  const watch = new EventCount({ ...BASE, kind: 'event', event: 'endpoint-ejected', count: 2 });
  watch.heard('endpoint-ejected', { service: 'a', reason: 'x' }, 0);
  watch.heard('endpoint-ejected', { service: 'b' }, 0);
  watch.heard('other', { service: 'a' }, 0);
  assert.deepEqual(watch.look(0), []);
  watch.heard('endpoint-ejected', { service: 'a', reason: 'y' }, 30_000);
  assert.deepEqual(
    watch.look(30_000).map(({ labels, value }) => [labels, value]),
    [[{ service: 'a' }, 2]],
  );
  assert.deepEqual(watch.look(61_000), []);
});
