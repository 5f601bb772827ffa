import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheSchema } from './cache.ts';

function faults(given: unknown): readonly string[] {
  const parsed = cacheSchema.safeParse(given);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message.split('\n')[0]}`);
}

test('without options it keeps what replies allow, safely', () => {
  const plan = cacheSchema.parse({});
  assert.deepEqual(
    [plan.store, plan.cookies, plan.unkeyedHeaders, plan.setCookie, plan.clientDirectives, plan.status],
    ['default', 'bypass', 'strip', 'pass', 'honour', true],
  );
  assert.deepEqual([plan.defaultTtlMs, plan.staleWhileRevalidateMs, plan.staleIfErrorMs], [{}, null, null]);
  assert.deepEqual(plan.key, { host: true, query: { kind: 'all' }, isSorted: false, headers: [], cookies: [] });
});

test('lifetimes are one for all, or by status; names are lower case', () => {
  assert.deepEqual(cacheSchema.parse({ defaultTtl: '10m' }).defaultTtlMs, { '*': 600_000 });
  assert.deepEqual(cacheSchema.parse({ defaultTtl: { '200': '1h', '404': '1m' } }).defaultTtlMs, { '200': 3_600_000, '404': 60_000 });
  const { key } = cacheSchema.parse({ key: { query: { except: 'utm_*' }, headers: ['X-Tenant'], cookies: 'theme' } });
  assert.deepEqual(key, {
    host: true,
    query: { kind: 'except', names: ['utm_*'] },
    isSorted: false,
    headers: ['x-tenant'],
    cookies: ['theme'],
  });
});

test('what cannot be is said with what can', () => {
  assert.deepEqual(faults({ key: { headers: ['Cookie'] } }).length, 1);
  assert.match(faults({ key: { headers: ['Cookie'] } })[0]!, /^key\.headers: must not name Host, Cookie, Authorization/);
  assert.match(faults({ key: { query: 'some' } })[0]!, /^key\.query: must be 'all', 'none', \{ only/);
  assert.match(faults({ defaultTtl: { ok: '1m' } })[0]!, /durations by status such as/);
  assert.match(faults({ cookies: 'drop' })[0]!, /^cookies: must be one of 'bypass', 'strip', 'forward'/);
  assert.match(faults({ collaps: '1s' })[0]!, /known keys: store key/);
});
