import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BurnHistory } from './burn-history.ts';
import { BurnRate } from './burn-rate.ts';
import type { Slo } from './rule.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SLO: Slo = {
  name: 'checkout',
  rule: 'slo-burning',
  service: 'shop',
  objective: 0.999,
  latencyMs: null,
  periodMs: 30 * DAY,
  failuresMin: 1,
  isPageOnly: false,
};

/** 1,000 requests a second, looked at each 10 s. */
class Traffic {
  readonly #burn: BurnRate;
  now = 0;
  #total = 1;
  #bad = 0;

  constructor(slo: Partial<Slo> = {}) {
    this.#burn = new BurnRate({ ...SLO, ...slo });
    this.#burn.look(this.#total, this.#bad, this.now);
  }

  /** Goes on for so long. @returns When each window first fired, in ms from the start of this phase. */
  run(durationMs: number, errorShare: number, perSecond = 1_000): Record<string, number> {
    const fired: Record<string, number> = {};
    const start = this.now;
    while (this.now < start + durationMs) {
      this.now += 10 * SECOND;
      this.#total += 10 * perSecond;
      this.#bad += 10 * perSecond * errorShare;
      for (const { labels } of this.#burn.look(this.#total, this.#bad, this.now)) fired[labels['window']!] ??= this.now - start;
    }
    return fired;
  }
}

const near = (value: number | undefined, expected: number): void => {
  assert.ok(value !== undefined && Math.abs(value - expected) <= expected * 0.11, `${value} is about ${expected}`);
};

test('a burn rate of 14.4 from the start fires the page of an hour after its short window of 5 minutes', () => {
  near(new Traffic().run(HOUR, 0.0145)['hour'], 5 * MINUTE);
});

test('after a good day, 14.4 times the budget takes the hour that its window is long', () => {
  const traffic = new Traffic();
  assert.deepEqual(traffic.run(DAY, 0), {});
  near(traffic.run(2 * HOUR, 0.0146)['hour'], HOUR);
});

test('after a good day, a total outage is told within the minute that spends 14.4 hours of budget', () => {
  const traffic = new Traffic();
  traffic.run(DAY, 0);
  const { hour } = traffic.run(10 * MINUTE, 1);
  assert.ok(hour !== undefined && hour <= 70 * SECOND, `told after ${hour} ms`);
});

test('6 times the budget fires the second page, 3 times a ticket after a day, its own pace one after three', () => {
  const [six, three, one] = [new Traffic(), new Traffic(), new Traffic()];
  for (const traffic of [six, three, one]) traffic.run(3 * DAY, 0);
  const paged = six.run(8 * HOUR, 0.0061);
  near(paged['hours'], 6 * HOUR);
  assert.equal(paged['hour'], undefined);
  const ticket = three.run(30 * HOUR, 0.0031);
  near(ticket['day'], DAY);
  assert.equal(ticket['hours'], undefined);
  near(one.run(4 * DAY, 0.00103)['days'], 3 * DAY);
});

test('the page is over when the short window is, not an hour later', () => {
  const traffic = new Traffic();
  traffic.run(HOUR, 0);
  traffic.run(10 * MINUTE, 0.5);
  const still = traffic.run(6 * MINUTE, 0);
  assert.equal(still['hour'], 10 * SECOND);
  assert.equal(traffic.run(HOUR, 0)['hour'], undefined);
});

test('within the budget nothing fires, however long', () => {
  assert.deepEqual(new Traffic().run(8 * DAY, 0.0009), {});
});

test('a period of 7 days scales the windows', () => {
  near(new Traffic({ periodMs: 7 * DAY }).run(HOUR, 0.0145)['hour'], (5 * MINUTE * 7) / 30);
});

test('a few failures are no rate, and an objective for pages has no tickets', () => {
  assert.deepEqual(new Traffic({ failuresMin: 10 }).run(DAY, 1, 3 / 86_400), {});
  assert.equal(new Traffic({ isPageOnly: true }).run(4 * DAY, 0.0045)['day'], undefined);
});

test('a history counts over a reset, and answers a window it has not seen with what it has', () => {
  const history = new BurnHistory({ periodMs: 30 * DAY, isPageOnly: true }, 100, 10, 0);
  history.add(200, 20, 20 * SECOND);
  history.add(50, 5, 40 * SECOND);
  assert.deepEqual(history.window(HOUR), { total: 150, bad: 15, coveredMs: 40 * SECOND });
});
