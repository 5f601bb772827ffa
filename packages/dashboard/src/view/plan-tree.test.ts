import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childrenOf, isBranch, pathText, searchTree, tell } from './plan-tree.ts';

const PLAN = {
  listeners: [{ name: 'web', port: 80 }],
  routes: [
    { name: 'shop', hosts: [] },
    { name: 'webshop', path: { kind: 'prefix', path: '/shop' } },
  ],
  empty: {},
};

test('a node is told in a line: a leaf as it is, a branch by its name or size', () => {
  assert.equal(tell('a'), '"a"');
  assert.equal(tell(null), 'null');
  assert.equal(tell([]), '[]');
  assert.equal(tell({}), '{}');
  assert.equal(tell([1]), '1 item');
  assert.equal(tell(PLAN.routes), '2 items');
  assert.equal(tell(PLAN.routes[0]), 'shop');
  assert.equal(tell({ a: 1, b: 2 }), '2 members');
  assert.equal(tell('x'.repeat(1_000)), `"${'x'.repeat(159)}… (1002 characters)`);
});

test('what is empty has nothing to be opened', () => {
  assert.deepEqual([isBranch([]), isBranch({}), isBranch(null), isBranch('a'), isBranch([0])], [false, false, false, false, true]);
  assert.deepEqual(childrenOf(['a']), [[0, 'a']]);
});

test('a text is found in names of members and in values, from the top, and no more than asked for', () => {
  const paths = (text: string, max = 10) => searchTree(PLAN, text, max).map(({ path }) => pathText(path));
  assert.deepEqual(paths('WEB'), ['listeners[0].name', 'routes[1].name']);
  assert.deepEqual(paths('path'), ['routes[1].path', 'routes[1].path.path']);
  assert.deepEqual(paths('80'), ['listeners[0].port']);
  assert.deepEqual(paths('shop', 2), ['routes[0].name', 'routes[1].name']);
  assert.deepEqual(paths('  '), []);
});
