import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointStatus, InstanceStatus } from '../api/types.ts';
import { endpointRows, isSameRow } from './endpoint-rows.ts';

test('an instance is joined with its endpoint; the others follow', () => {
  const endpoints = [{ address: 'a:1' }, { address: 'a:2' }] as EndpointStatus[];
  const instances = [
    { id: 's.1', address: 'a:2' },
    { id: 's.2', address: null },
    { id: 's.3', address: 'a:3' },
  ] as InstanceStatus[];
  assert.deepEqual(
    endpointRows(endpoints, instances).map(({ key, endpoint, instance }) => [key, endpoint?.address, instance?.id]),
    [
      ['a:1', 'a:1', undefined],
      ['a:2', 'a:2', 's.1'],
      ['s.2', undefined, 's.2'],
      ['s.3', undefined, 's.3'],
    ],
  );
});

test('a row is drawn again for what it is, not for its load', () => {
  const row = (instance: object) => endpointRows([], [{ id: 's.1', phase: 'ready', cpu: 0.5, ...instance } as InstanceStatus])[0]!;
  assert.ok(isSameRow(row({ cpu: 0.1, inflight: 3, ageSeconds: 7 }), row({ cpu: 0.9, inflight: 0, ageSeconds: 9 })));
  assert.ok(!isSameRow(row({}), row({ phase: 'draining' })));
  assert.ok(!isSameRow(row({}), row({ isProtected: true })));
});
