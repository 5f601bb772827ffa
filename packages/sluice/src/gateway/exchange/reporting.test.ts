/** Each exchange is told of once: as begun, as ended, and in the access log with how it ended. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { hostileOrigin, type OriginScript } from '../../../test/support/hostile-origin.ts';
import { connectionsOf } from '../../../test/support/piling-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { BYTES_IN, BYTES_OUT, STARTED } from '../../observe/metric-layout.ts';

let folder = '';
before(() => (folder = mkdtempSync(join(tmpdir(), 'sluice-log-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

let logs = 0;

interface Ended {
  readonly line: Record<string, unknown>;
  /** Of the listener: exchanges begun, in flight, content in and out. */
  readonly counts: readonly [started: number, inflight: number, bytesIn: number, bytesOut: number];
}

/** Runs one exchange and gives its line in the log. */
async function ended(script: string | OriginScript, drive: (client: RawClient, world: TestPlane) => Promise<unknown>): Promise<Ended> {
  const file = join(folder, `${logs++}.log`);
  await using origin = await hostileOrigin(script);
  await using world = await startPlane(planeTo(origin.port, { accessLog: { target: file, format: 'json' } }));
  using client = await RawClient.open(world.port);
  await drive(client, world);
  const row = (): Float64Array => world.board.row('listener', 0);
  const inflight = (): number =>
    row()[STARTED]! -
    row()
      .slice(0, STARTED)
      .reduce((sum, count) => sum + count, 0);
  await eventually(3_000, 'the exchange has ended', () => row()[STARTED]! > 0 && inflight() === 0);
  const counts = [row()[STARTED]!, inflight(), row()[BYTES_IN]!, row()[BYTES_OUT]!] as const;
  await world.plane.closeLog();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  assert.equal(lines.length, 1, lines.join('\n'));
  return { line: JSON.parse(lines[0]!) as Record<string, unknown>, counts };
}

const GET = 'GET /a?b HTTP/1.1\r\nHost: a.example\r\nUser-Agent: u\r\n\r\n';
const POST = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
const answered = (count: number) => (text: string) => statuses(text).length === count;
const waits: OriginScript = async (connection) => await connection.head();

describe('an exchange ends as', () => {
  test('complete', async () => {
    const { line, counts } = await ended('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', (client) =>
      client.ask(`${POST}hello`, (text) => text.endsWith('hi')),
    );
    assert.deepEqual(counts, [1, 0, 5, 2]);
    assert.deepEqual([line['outcome'], line['status'], line['method'], line['bytesIn'], line['bytesOut']], ['complete', 200, 'POST', 5, 2]);
  });

  test('client-error, for what never became a request', async () => {
    const { line, counts } = await ended('', (client) => client.ask('GET / HTTP/1.1\r\n\r\n', answered(1)));
    assert.deepEqual([counts[0], line['outcome'], line['status']], [1, 'client-error', 400]);
  });

  test('client-gone', async () => {
    const { line } = await ended(waits, async (client, world) => {
      client.write(GET);
      await eventually(3_000, 'it is under way', () => world.board.row('listener', 0)[STARTED] === 1);
      client.socket.resetAndDestroy();
    });
    assert.deepEqual([line['outcome'], line['path'], line['query'], line['host']], ['client-gone', '/a', 'b', 'a.example']);
  });

  test('timeout-body', async () => {
    const { line } = await ended(waits, async (client, world) => {
      client.write(`${POST}hel`);
      await eventually(3_000, 'it is under way', () => world.board.row('listener', 0)[STARTED] === 1);
      world.advance(31_000);
      await client.ended();
    });
    assert.deepEqual([line['outcome'], line['status']], ['timeout-body', 408]);
  });

  test('timeout-header', async () => {
    const { line } = await ended('', async (client, world) => {
      client.write('GET / HTTP/1.1\r\n');
      const [connection] = await openConnections(world);
      await eventually(3_000, 'it has come', () => connection!.socket.bytesRead > 0);
      world.advance(11_000);
      await client.ended();
    });
    assert.deepEqual([line['outcome'], line['status']], ['timeout-header', 408]);
  });

  test('upstream-reset, when the reply was cut', async () => {
    const { line } = await ended('HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n' + 'x'.repeat(10_000), async (client) => {
      client.write(GET);
      await client.ended();
    });
    assert.deepEqual([line['outcome'], line['attempts']], ['upstream-reset', 1]);
  });

  test('upstream-invalid', async () => {
    const { line } = await ended('nonsense\r\n\r\n', (client) => client.ask(GET, answered(1)));
    assert.deepEqual([line['outcome'], line['status']], ['upstream-invalid', 502]);
  });
});

async function openConnections(world: TestPlane) {
  await eventually(3_000, 'it is accepted', () => connectionsOf(world).length === 1);
  return connectionsOf(world);
}
