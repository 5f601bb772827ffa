import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomInteger, seededRandom } from '../../base/random.ts';
import { ENDPOINTS_MAX, endpointTable } from './endpoint-table.ts';
import { endRequest, startRequest, takeBack } from './in-flight.ts';

test('counts are exact over two workers, and a crashed one is taken back', () => {
  const table = endpointTable();
  const random = seededRandom(3);
  const open: { worker: number; service: number; slot: number }[] = [];
  for (let step = 0; step < 5000; step++) {
    if (random() < 0.6) {
      const request = { worker: randomInteger(random, 2), service: randomInteger(random, 3), slot: randomInteger(random, 40) };
      startRequest(table, request.service, request.slot, request.worker);
      open.push(request);
    } else {
      const [ended] = open.splice(randomInteger(random, open.length), 1);
      if (ended !== undefined) endRequest(table, ended.service, ended.slot, ended.worker);
    }
  }
  const count = (matches: (request: { worker: number; service: number; slot: number }) => boolean): number => open.filter(matches).length;
  for (let slot = 0; slot < 40; slot++) {
    assert.equal(
      table.inflight[slot],
      count((request) => request.slot === slot),
    );
    assert.equal(
      table.inflightByWorker[ENDPOINTS_MAX + slot],
      count((request) => request.slot === slot && request.worker === 1),
    );
  }
  takeBack(table, 1);
  for (let slot = 0; slot < 40; slot++)
    assert.equal(
      table.inflight[slot],
      count((request) => request.slot === slot && request.worker === 0),
    );
  for (let service = 0; service < 3; service++) {
    assert.equal(
      table.serviceInflight[service],
      count((request) => request.service === service && request.worker === 0),
    );
  }
  takeBack(table, 1);
  assert.equal(
    table.inflight[0],
    count((request) => request.slot === 0 && request.worker === 0),
    'twice is the same as once',
  );
});
