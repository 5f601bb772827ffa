import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateLimitSchema } from './rate-limit.ts';

function messages(given: unknown): string {
  return JSON.stringify(rateLimitSchema.safeParse(given).error?.issues ?? []);
}

test('a number and a period are enough: by address, with all of them at once', () => {
  assert.deepEqual(rateLimitSchema.parse({ requests: 100, per: '1m' }), {
    name: 'default',
    rate: { algorithm: 'gcra', requests: 100, periodMs: 60_000, burst: 100 },
    concurrency: null,
    key: [{ source: 'address', bits4: 32, bits6: 64 }],
    missesOnly: false,
    status: 429,
    headers: true,
    isDryRun: false,
    shared: null,
  });
});

test('keys are one part or several, in words or as objects', () => {
  const keyOf = (key: unknown): unknown => rateLimitSchema.parse({ concurrency: 1, key }).key;
  assert.deepEqual(keyOf([]), []);
  assert.deepEqual(keyOf({ header: 'X-Api-Key' }), [{ source: 'header', name: 'x-api-key' }]);
  assert.deepEqual(keyOf(['route', { claim: 'sub' }, { address: { ipv6: 48 } }, { query: 'q' }, { cookie: 'id' }]), [
    { source: 'route' },
    { source: 'claim', name: 'sub' },
    { source: 'address', bits4: 32, bits6: 48 },
    { source: 'query', name: 'q' },
    { source: 'cookie', name: 'id' },
  ]);
  assert.match(messages({ concurrency: 1, key: { cooky: 'a' } }), /must be 'address', 'route', 'method', 'host', or an object/);
});

test('what limits nothing, or cannot be, is refused and says why', () => {
  assert.match(messages({}), /must limit something/);
  assert.match(messages({ requests: 0 }), /whole number 1\.\.1048575/);
  assert.match(messages({ requests: 5, algorithm: 'sliding-window', burst: 9 }), /must not have a burst/);
  assert.match(
    messages({ requests: 5, algorithm: 'sliding-window', shared: { store: 'main', nodes: 2 } }),
    /must be algorithm 'gcra' to be shared/,
  );
  assert.match(messages({ requests: 5, shared: { store: 'main' } }), /nodes/);
});
