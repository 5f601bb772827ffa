import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenerCounts } from '../../core/layer4/nft-counters.ts';
import { connectionsOf, MetricBoard } from '../../observe/metric-board.ts';
import {
  BYTES_IN,
  BYTES_OUT,
  CALL_FAILURES,
  CALLS_FAILED,
  CONNECTIONS_OPENED,
  DATAGRAMS_IN,
  PACKETS_IN,
  PACKETS_OUT,
} from '../../observe/metric-layout.ts';
import { KernelCounts } from './kernel-counts.ts';

function setUp(isUdp = false) {
  const board = new MetricBoard(1);
  const counts = new KernelCounts(board.control);
  const take = (connections: number, refused = 0, factor = connections): void => {
    const endpoint = {
      address: '10.0.0.1',
      port: 80,
      connections,
      packetsIn: 6 * factor,
      bytesIn: 600 * factor,
      packetsOut: 5 * factor,
      bytesOut: 900 * factor,
    };
    const listener: ListenerCounts = { name: 'db', refused, endpoints: [endpoint, { ...endpoint, address: '10.0.0.9' }] };
    counts.take(
      [listener],
      (place) => (place === 'db 10.0.0.1 80' ? { listener: 1, service: 2, endpoint: 3, isUdp } : undefined),
      () => 1,
    );
  };
  return { board, take };
}

test('differences are counted on each level, and a listener has nothing open', () => {
  const { board, take } = setUp();
  take(2);
  take(5, 4);
  take(5, 4);
  for (const row of [board.row('listener', 1), board.row('service', 2), board.row('endpoint', 3)]) {
    assert.deepEqual([row[2], row[PACKETS_IN], row[PACKETS_OUT], row[BYTES_IN], row[BYTES_OUT]], [5, 30, 25, 3_000, 4_500]);
  }
  const listener = board.row('listener', 1);
  assert.deepEqual([listener[CONNECTIONS_OPENED], connectionsOf(listener), listener[DATAGRAMS_IN]], [5, 0, 0]);
  assert.equal(listener[CALLS_FAILED + CALL_FAILURES.indexOf('no-endpoint')], 4);
  assert.deepEqual([board.inflight('listener', 1), board.inflight('service', 2)], [0, 0]);
});

test('totals that begin anew are taken as they are', () => {
  const { board, take } = setUp();
  take(5);
  take(1);
  assert.equal(board.row('endpoint', 3)[2], 6);
});

test('packets of UDP are datagrams', () => {
  const { board, take } = setUp(true);
  take(2);
  assert.equal(board.row('listener', 1)[DATAGRAMS_IN], 12);
});
