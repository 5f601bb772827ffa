import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageHref, parseHash, serviceHref } from './location.ts';

const where = (hash: string) => {
  const { page, name } = parseHash(hash);
  return [page, name];
};

test('an address names a page, and a service by any name', () => {
  assert.deepEqual(where(''), ['overview', '']);
  assert.deepEqual(where('#/'), ['overview', '']);
  assert.deepEqual(where('#/routes'), ['routes', '']);
  for (const name of ['users', 'a/b c', 'ü%', '?#']) assert.deepEqual(where(serviceHref(name)), ['service', name]);
});

test('the query goes with the page', () => {
  assert.equal(parseHash(pageHref('logs', { service: 'a&b' })).query.get('service'), 'a&b');
  assert.equal(pageHref('overview'), '#/');
});

test('what is no page is unknown, broken escapes included', () => {
  for (const hash of ['#/nothing', '#/services', '#/routes/x', '#/overview', '#/services/a/b'])
    assert.equal(parseHash(hash).page, 'unknown', hash);
  assert.deepEqual(where('#/services/%E0'), ['service', '%E0']);
});
