import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedParts } from './shared-parts.ts';

const closed: string[] = [];
const part = (name: string) => () => ({ name, close: () => void closed.push(name) });

test('what nobody asks for during a whole plan is closed a minute later, unless somebody asks for it meanwhile', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  closed.length = 0;
  const parts = new SharedParts();
  const first = parts.get('a', part('a'));
  parts.get('b', part('b'));
  parts.nextPlan({});
  parts.get('kept', part('kept'));
  parts.nextPlan({});
  t.mock.timers.tick(59_000);
  assert.equal(parts.get('a', part('other')), first);
  t.mock.timers.tick(120_000);
  assert.deepEqual(closed, ['b']);
  parts.close();
  assert.deepEqual(closed, ['b', 'a', 'kept']);
});

test('parts that are asked for with every plan stay the same', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  closed.length = 0;
  const parts = new SharedParts();
  const first = parts.get('a', part('a'));
  for (let plan = 0; plan < 4; plan++) {
    parts.nextPlan({});
    assert.equal(parts.get('a', part('other')), first);
    t.mock.timers.tick(120_000);
  }
  assert.deepEqual(closed, []);
});
