import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualRuntime } from '../../test/support/manual-runtime.ts';
import { timestamp } from '../base/time.ts';
import type { FromWorker, TailFilter } from '../config/worker-protocol.ts';
import type { AccessRecord } from '../observe/access-log.ts';
import { AccessTail } from './access-tail.ts';

const ALL: TailFilter = { route: null, service: null, endpoint: null, status: null, text: '', perSecond: 40 };
const RECORD: AccessRecord = {
  time: timestamp(0),
  client: '10.0.0.9',
  method: 'GET',
  host: 'example.com',
  path: '/cart',
  query: 'token=s3cret',
  protocol: 'HTTP/1.1',
  status: 200,
  grpcStatus: -1,
  bytesIn: 0,
  bytesOut: 2,
  durationMs: 1,
  connectMs: -1,
  firstByteMs: 1,
  route: 'shop',
  service: 'web',
  endpoint: '10.0.0.1:80',
  attempts: 1,
  hedged: false,
  affinity: '',
  cache: '',
  filter: '',
  requestId: 'r1',
  userAgent: '',
  referer: '',
  outcome: 'complete',
};

function tailOf(filter: Partial<TailFilter>) {
  const runtime = manualRuntime();
  const said: Extract<FromWorker, { type: 'accessed' }>[] = [];
  const say = (message: FromWorker): void => {
    if (message.type === 'accessed') said.push(message);
  };
  return { runtime, said, tail: new AccessTail({ ...ALL, ...filter }, runtime.timers, say) };
}

test('lines are sent each quarter of a second, and nothing when there is none', () => {
  const { runtime, said, tail } = tailOf({});
  runtime.advance(1_000);
  assert.equal(said.length, 0);
  tail.offer(RECORD, false);
  tail.offer(RECORD, false);
  runtime.advance(250);
  assert.deepEqual([said.length, said[0]?.lines.length, said[0]?.skipped], [1, 2, 0]);
});

test('only what matches is sent', () => {
  const filters: [Partial<TailFilter>, number][] = [
    [{ route: 'shop' }, 1],
    [{ route: 'other' }, 0],
    [{ service: 'web', endpoint: '10.0.0.1:80' }, 1],
    [{ endpoint: '10.0.0.2:80' }, 0],
    [{ status: '200' }, 1],
    [{ status: '2xx' }, 1],
    [{ status: '5xx' }, 0],
    [{ text: 'EXAMPLE.com' }, 1],
    [{ text: 'nowhere' }, 0],
  ];
  for (const [filter, lines] of filters) {
    const { runtime, said, tail } = tailOf(filter);
    tail.offer(RECORD, false);
    runtime.advance(250);
    assert.equal(said[0]?.lines.length ?? 0, lines, JSON.stringify(filter));
  }
});

test('a query string is shown only where it may be', () => {
  const { said, tail } = tailOf({});
  tail.offer(RECORD, false);
  tail.offer(RECORD, true);
  tail.close();
  assert.deepEqual(
    said[0]?.lines.map((line) => line.includes('s3cret')),
    [false, true],
  );
});

test('what is too many is counted', () => {
  const { runtime, said, tail } = tailOf({ perSecond: 8 });
  for (let count = 0; count < 10; count++) tail.offer(RECORD, false);
  runtime.advance(250);
  assert.deepEqual([said[0]?.lines.length, said[0]?.skipped], [2, 8]);
});

test('nothing runs after its end', () => {
  const { runtime, tail } = tailOf({});
  tail.close();
  assert.equal(runtime.waiting, 0);
});
