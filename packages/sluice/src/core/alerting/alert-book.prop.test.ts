import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Alert, AlertBook, type AlertTerms, ALERTS_MAX, OVERFLOW_RULE } from './alert-book.ts';
import type { AlertNotice } from './alert-notice.ts';
import { NoticeGroups } from './notice-groups.ts';
import type { Finding } from './sample.ts';

const TERMS: AlertTerms = { name: 'busy', severity: 'warning', summary: '{service} is busy', forMs: 30_000, keepMs: 20_000 };
const SERVICES = ['a', 'b', 'c'] as const;
const STEP_MS = 10_000;

const finding = (service: string): Finding => ({ text: service, labels: { service }, value: 1 });
const moment = (now: number): { now: number; wall: number } => ({ now, wall: 1_700_000_000_000 + now });
/** Which services it holds for, at each look. */
const looks = fc.array(fc.subarray([...SERVICES]), { maxLength: 120 });

test('an alert fires only when its rule has held for all of `for`, and resolves once per episode, after `keep`', () => {
  fc.assert(
    fc.property(looks, (held) => {
      const book = new AlertBook();
      const heldSince = new Map<string, number>();
      const firing = new Map<string, number>();
      held.forEach((services, look) => {
        const now = look * STEP_MS;
        for (const service of SERVICES) {
          if (!(services as readonly string[]).includes(service) && !firing.has(service)) heldSince.delete(service);
          else if ((services as readonly string[]).includes(service) && !heldSince.has(service)) heldSince.set(service, now);
        }
        for (const { labels, state } of book.look(TERMS, services.map(finding), moment(now))) {
          const service = labels['service']!;
          if (state === 'firing') {
            assert.ok(!firing.has(service), 'fires once');
            assert.ok(now - heldSince.get(service)! >= TERMS.forMs, 'held for long enough');
            firing.set(service, now);
          } else {
            assert.equal(state, 'resolved');
            assert.ok(firing.delete(service), 'resolved once, after it fired');
            heldSince.delete(service);
          }
        }
        const lately = new Set<string>(held.slice(Math.max(0, look - 1), look + 1).flat());
        for (const service of firing.keys()) assert.ok(lately.has(service), 'kept no longer than `keep`');
      });
    }),
  );
});

test('the order of what is found does not matter', () => {
  fc.assert(
    fc.property(looks, fc.infiniteStream(fc.nat()), (held, order) => {
      const [straight, shuffled] = [new AlertBook(), new AlertBook()];
      held.forEach((services, look) => {
        const keyed = services.map((service) => ({ service, key: order.next().value! })).toSorted((a, b) => a.key - b.key);
        straight.look(TERMS, services.map(finding), moment(look * STEP_MS));
        shuffled.look(
          TERMS,
          keyed.map(({ service }) => finding(service)),
          moment(look * STEP_MS),
        );
      });
      const byId = (alerts: readonly Alert[]): readonly Alert[] =>
        alerts.toSorted((a, b) => a.id.localeCompare(b.id) || a.sinceMs - b.sinceMs);
      assert.deepEqual(byId(shuffled.list()), byId(straight.list()));
    }),
  );
});

test('what goes on is told once per `repeat`, and what was told is told as over exactly once', () => {
  fc.assert(
    fc.property(looks, fc.integer({ min: 1, max: 30 }), (held, repeatLooks) => {
      const book = new AlertBook();
      const repeatMs = repeatLooks * STEP_MS;
      const groups = new NoticeGroups({ by: ['rule', 'service'], waitMs: 0, repeatMs }, 'here');
      const told = new Map<string, number>();
      const tell = ({ alerts }: AlertNotice, now: number): void => {
        for (const { id, state } of alerts) {
          if (state === 'resolved') assert.ok(told.delete(id), 'told as over once, after it was told');
          else {
            const before = told.get(id);
            assert.ok(before === undefined || now - before >= repeatMs, 'no sooner than `repeat`');
            told.set(id, now);
          }
        }
      };
      [...held, [], [], [], []].forEach((services, look) => {
        const at = moment(look * STEP_MS);
        for (const alert of book.look(TERMS, services.map(finding), at)) groups.changed(alert, at.now);
        for (const notice of groups.due(at.now, at.wall, () => false)) tell(notice, at.now);
      });
      assert.equal(told.size, 0, 'all that was told is told as over');
    }),
  );
});

test('above the limit one alert says how many more there are, and goes when there are no more', () => {
  const book = new AlertBook();
  const many = Array.from({ length: ALERTS_MAX + 5 }, (_, index) => finding(`s${index}`));
  book.look(TERMS, many, moment(0));
  const [overflow] = book.settle(moment(0));
  assert.equal(overflow?.rule, OVERFLOW_RULE);
  assert.equal(overflow.value, 5);
  assert.equal(book.list().length, ALERTS_MAX + 1);
  book.look(TERMS, [], moment(STEP_MS));
  book.settle(moment(STEP_MS));
  assert.deepEqual(
    book.settle(moment(120_000)).map(({ rule, state }) => [rule, state]),
    [[OVERFLOW_RULE, 'resolved']],
  );
});
