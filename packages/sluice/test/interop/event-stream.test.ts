/** Server-sent events through the gateway, over HTTP/1.1 and HTTP/2 on either side: each at once, silence between them, and the end of either side. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, test } from 'node:test';
import { planeTo, startPlane, type TestPlane } from '../support/data-plane.ts';
import { eventually, within } from '../support/waiting.ts';

/** What tests need of a reply under way at the origin. */
interface Stream {
  say(text: string): void;
  /** Its peer has left. */
  isOver(): boolean;
}

interface Origin extends AsyncDisposable {
  readonly port: number;
  readonly streams: Stream[];
}

interface Listening {
  received(): string;
  isOver(): boolean;
  leave(): void;
}

async function startOrigin(isHttp2: boolean, contentType = 'text/event-stream'): Promise<Origin> {
  const streams: Stream[] = [];
  const sockets = new Set<Socket>();
  const answer: RequestListener = (_request, response) => {
    let isOver = false;
    response.on('close', () => (isOver = true));
    response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.flushHeaders();
    streams.push({ say: (text) => void response.write(text), isOver: () => isOver });
  };
  const server = isHttp2 ? createHttp2Server(answer as never) : createServer(answer);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    streams,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(port: number, isHttp2: boolean): Promise<Listening> {
  let text = '';
  let isOver = false;
  const follow = (stream: NodeJS.ReadableStream): void => {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('error', () => (isOver = true));
    stream.on('close', () => (isOver = true));
  };
  if (isHttp2) {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    const stream = session.request({ ':path': '/events', accept: 'text/event-stream' });
    follow(stream);
    await within(3_000, 'the reply begins', once(stream, 'response'));
    const leave = (): void => {
      stream.close(8);
      session.close();
    };
    return { received: () => text, isOver: () => isOver, leave };
  }
  const request = get({ port, host: '127.0.0.1', path: '/events', agent: false });
  request.on('error', () => (isOver = true));
  const [response] = (await within(3_000, 'the reply begins', once(request, 'response'))) as [IncomingMessage];
  follow(response);
  return { received: () => text, isOver: () => isOver, leave: () => request.destroy() };
}

async function start(origin: Origin, originIsHttp2: boolean): Promise<TestPlane> {
  const endpoints = [`127.0.0.1:${origin.port}`];
  const protocol = originIsHttp2 ? ('http2' as const) : ('http1' as const);
  return await startPlane({ ...planeTo(origin.port), services: { origin: { endpoints, outlier: false, retry: false, protocol } } });
}

for (const clientIsHttp2 of [false, true])
  for (const originIsHttp2 of [false, true])
    describe(`HTTP/${clientIsHttp2 ? '2' : '1.1'} from the client, HTTP/${originIsHttp2 ? '2' : '1.1'} to the endpoint:`, () => {
      test('each event passes before the next one is there, also after 59 minutes of silence', async () => {
        await using origin = await startOrigin(originIsHttp2);
        await using plane = await start(origin, originIsHttp2);
        const client = await listen(plane.port, clientIsHttp2);
        let expected = '';
        for (let count = 0; count < 20; count++) {
          const event = `id: ${count}\ndata: ${'x'.repeat(count)}\n\n`;
          expected += event;
          origin.streams[0]!.say(event);
          await eventually(2_000, `event ${count} passes`, () => client.received() === expected);
        }
        for (let minute = 0; minute < 59; minute++) plane.advance(60_000);
        origin.streams[0]!.say('data: late\n\n');
        await eventually(2_000, 'the late one passes', () => client.received() === `${expected}data: late\n\n`);
        for (let minute = 0; minute < 61; minute++) plane.advance(60_000);
        await eventually(2_000, 'an hour of silence is too long', () => client.isOver() && origin.streams[0]!.isOver());
        client.leave();
      });

      test('a client that leaves ends the request at the endpoint at once', async () => {
        await using origin = await startOrigin(originIsHttp2);
        await using plane = await start(origin, originIsHttp2);
        const client = await listen(plane.port, clientIsHttp2);
        origin.streams[0]!.say('data: 1\n\n');
        await eventually(2_000, 'the event passes', () => client.received() !== '');
        client.leave();
        await eventually(2_000, 'the endpoint is told', () => origin.streams[0]!.isOver());
        assert.equal(plane.plane.table.inflight[0], 0);
      });

      test('a drain waits for it as for any request, then ends it after an event, or cuts it in the middle of one', async () => {
        for (const [said, cut] of [
          ['data: 1\n\n', 0],
          ['data: 1\n\ndata: half', 1],
        ] as const) {
          await using origin = await startOrigin(originIsHttp2);
          await using plane = await start(origin, originIsHttp2);
          const client = await listen(plane.port, clientIsHttp2);
          const draining = plane.plane.drain(300, 10);
          origin.streams[0]!.say(said);
          await eventually(250, 'events still pass', () => client.received() === said);
          assert.equal(await draining, cut);
          await eventually(2_000, 'it is over', () => client.isOver() && origin.streams[0]!.isOver());
        }
      });
    });

test('another reply that stalls is cut after the bound of its pool', async () => {
  for (const originIsHttp2 of [false, true]) {
    await using origin = await startOrigin(originIsHttp2, 'text/plain');
    await using plane = await start(origin, originIsHttp2);
    const client = await listen(plane.port, false);
    origin.streams[0]!.say('a part');
    await eventually(2_000, 'the part passes', () => client.received() === 'a part');
    plane.advance(59_000);
    assert.equal(client.isOver(), false);
    plane.advance(2_000);
    await eventually(2_000, 'it is cut', () => client.isOver() && origin.streams[0]!.isOver());
  }
});
