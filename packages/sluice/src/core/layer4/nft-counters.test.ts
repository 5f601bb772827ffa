import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelDescription } from './kernel-description.ts';
import { CounterBook, countsOf, parseCounters } from './nft-counters.ts';

const PRINTED = `{"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
  {"counter": {"family": "inet", "name": "new/db/fd00..1/80", "table": "sluice_x", "handle": 8, "packets": 3, "bytes": 180}},
  {"counter": {"family": "inet", "name": "in/db/fd00..1/80", "table": "sluice_x", "handle": 9, "packets": 30, "bytes": 4000}},
  {"counter": {"family": "inet", "name": "refused/db", "table": "sluice_x", "handle": 9, "packets": 2, "bytes": 80}}]}`;

const DESCRIPTION: KernelDescription = {
  listeners: [
    {
      name: 'db',
      protocol: 'tcp',
      host: '::',
      port: 80,
      method: 'random',
      endpoints: [{ address: 'fd00::1', port: 80, weight: 1, state: 'up' }],
      masquerade: 'auto',
      onDown: 'keep',
    },
  ],
};

test('counters are read and sorted by listener and endpoint', () => {
  assert.deepEqual(countsOf(DESCRIPTION, parseCounters(PRINTED)), [
    {
      name: 'db',
      refused: 2,
      endpoints: [{ address: 'fd00::1', port: 80, connections: 3, packetsIn: 30, bytesIn: 4000, packetsOut: 0, bytesOut: 0 }],
    },
  ]);
});

test('what is no counter is passed over, what is no JSON is an error', () => {
  assert.equal(parseCounters('{"nftables": [{"counter": {"name": 1}}, null, {}]}').size, 0);
  assert.equal(parseCounters('{}').size, 0);
  assert.throws(() => parseCounters('Segmentation fault'), SyntaxError);
});

test('totals go on when the kernel begins anew', () => {
  const book = new CounterBook();
  const reading = (packets: number) => new Map([['a', { packets, bytes: packets * 10 }]]);
  assert.equal(book.read(reading(5)).get('a')?.packets, 5);
  assert.equal(book.read(reading(7)).get('a')?.packets, 7);
  book.restart();
  assert.deepEqual(book.read(reading(7)).get('a'), { packets: 14, bytes: 140 });
  // Replaced by someone else, unannounced.
  assert.equal(book.read(reading(1)).get('a')?.packets, 15);
  assert.equal(book.read(new Map()).size, 0);
});
