import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { validate } from '../validate.ts';

function validated(caches: object, stores: object = { main: { url: 'redis://127.0.0.1' } }): ReturnType<typeof validate> {
  const listeners = { main: { http: ':8080' } };
  const services = { web: { endpoints: ['127.0.0.1:3000'] } };
  return validate({ listeners, services, routes: [{ path: '/*', to: 'web', filters: ['cache'] }], caches, stores }, () => null);
}

test('a tier that nodes share names a store that is there', () => {
  const wrong = validated({ default: { shared: { store: 'mian' } } });
  assert.match(
    wrong.ok ? '' : wrong.faults.map(({ path, message }) => `${path}: ${message}`).join(),
    /caches\.default\.shared\.store.*"mian"; did you mean "main"/,
  );
  assert.equal(validated({ default: { shared: { store: 'main' } } }).ok, true);
});

test('a cache in use has memory for each of its tiers, nearest first; one that nobody uses has none', () => {
  const right = validated({ default: { disk: { path: 'd', size: '1GiB' }, shared: { store: 'main' } }, other: { disk: { path: 'e' } } });
  assert.equal(right.ok, true);
  const plan = right.ok ? compile(right.config, { generation: 1, cores: 1 }) : null;
  assert.deepEqual(
    plan?.memories.map(({ kind, name }) => `${kind} ${name}`),
    ['cache default', 'disk default', 'shared default'],
  );
});
