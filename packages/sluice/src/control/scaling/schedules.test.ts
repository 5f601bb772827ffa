import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import type { ScalePolicyPlan } from '../../core/scaling/policy.ts';
import { loadLastBegin } from '../../io/cron.ts';
import type { EventRecord } from '../../observe/events.ts';
import { fakeScaledService } from '../../../test/support/scaled-service.ts';
import { Schedules } from './schedules.ts';

const schedule = (name: string, cron: string): ScalePolicyPlan => ({
  policy: 'schedule',
  name,
  cron,
  zone: 'Europe/Berlin',
  min: 4,
  max: null,
  forMs: null,
});

const wall = (text: string) => timestamp(Date.parse(text));

test('each schedule’s last begin, looked up once a minute', async () => {
  const lastBegin = await loadLastBegin();
  let lookups = 0;
  const schedules = new Schedules({
    say: () => {},
    load: () =>
      Promise.resolve((cron, zone, at) => {
        lookups += 1;
        return lastBegin(cron, zone, at);
      }),
  });
  const service = fakeScaledService('users', 1, { scale: [schedule('morning', '0 8 * * *'), schedule('evening', '30 18 * * *')] });
  await schedules.follow([service, fakeScaledService('other', 1)]);
  const at = wall('2026-11-20T17:29:59Z');
  assert.deepEqual(Object.fromEntries(schedules.states('users', at)), {
    morning: { beganAt: Date.parse('2026-11-20T07:00:00Z') },
    evening: { beganAt: Date.parse('2026-11-19T17:30:00Z') },
  });
  for (let second = 0; second < 59; second++) schedules.states('users', timestamp(at - second * 1_000));
  assert.equal(lookups, 2);
  assert.equal(schedules.states('users', timestamp(at + 1_000)).get('evening')?.beganAt, at + 1_000, 'begins with its minute');
  assert.equal(schedules.states('other', at).size, 0);
  await schedules.follow([]);
  assert.equal(schedules.states('users', at).size, 0);
});

test('cron is loaded only when there is a schedule; that it cannot be is said', async () => {
  const events: EventRecord[] = [];
  let loads = 0;
  const schedules = new Schedules({
    say: (level, what, detail) => events.push({ level, what, detail }),
    load: () => {
      loads += 1;
      return Promise.reject(new Error('no such package'));
    },
  });
  await schedules.follow([fakeScaledService('other', 1)]);
  assert.equal(loads, 0);
  const service = fakeScaledService('users', 1, { scale: [schedule('morning', '0 8 * * *')] });
  await schedules.follow([service]);
  assert.equal(schedules.states('users', wall('2026-11-20T12:00:00Z')).size, 0);
  assert.deepEqual(
    events.map(({ level, what }) => `${level} ${what}`),
    ['error schedule'],
  );
});
