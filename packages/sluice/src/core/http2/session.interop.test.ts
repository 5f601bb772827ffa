/** Against Node's own HTTP/2 (nghttp2) over loopback sockets, in both roles. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { EventLog, type Label, WORKSPACE } from '../../../test/support/http2.ts';
import type { OutputTarget } from './frame-writer.ts';
import { Http2Session } from './session.ts';
import { SESSION_DEFAULTS, type SessionOptions } from './session-sink.ts';

/** A session on a socket, as plain as can be. */
class Wire extends EventLog implements OutputTarget {
  readonly session: Http2Session<Label>;
  readonly socket: Socket;

  constructor(socket: Socket, options: Partial<SessionOptions>) {
    super();
    this.socket = socket;
    this.session = new Http2Session<Label>({ ...SESSION_DEFAULTS, scheme: 'http', ...options }, WORKSPACE, this);
    this.consumes = (stream, bytes) => this.session.consumed(stream, bytes);
    this.session.start(instant(0));
    socket.on('data', (chunk: Buffer) => this.session.receive(chunk, 0, chunk.length, instant(0)));
    socket.on('drain', () => this.flush());
    socket.on('error', () => {});
  }

  override onPending(): void {
    setImmediate(() => this.flush());
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    this.socket.write(bytes.subarray(start, end));
  }

  finish(): boolean {
    return this.socket.writableLength > 0;
  }

  private flush(): void {
    this.session.output.drain(this);
    this.session.flushed(!this.socket.writableNeedDrain);
  }
}

test('a Node client is served: heads, large content both ways, trailers, many streams', async () => {
  const server = createServer((socket) => {
    const wire = new Wire(socket, {});
    const received = new Map<number, number>();
    wire.consumes = (stream, bytes) => {
      received.set(stream.id, (received.get(stream.id) ?? 0) + bytes);
      wire.session.consumed(stream, bytes);
    };
    wire.react = (event, stream) => {
      if (event !== 'end' && !(event === 'request' && stream!.isRemoteDone)) return;
      const size = received.get(stream!.id) ?? 0;
      wire.session.sendHead(stream!, `HTTP/1.1 200 OK\r\nX-Size: ${size}\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n`, false);
      wire.session.sendData(stream!, Buffer.alloc(300_000, 'r'), 0, 300_000);
      wire.session.sendEnd(stream!, 'X-Trailer: t\r\n');
      wire.session.release(stream!);
    };
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = async (size: number): Promise<unknown> => {
    const request = client.request({ ':method': 'POST', ':path': '/x?y', cookie: ['p=1', 'q=2'] });
    let head: http2.IncomingHttpHeaders = {};
    let trailers: http2.IncomingHttpHeaders = {};
    request.on('response', (fields) => (head = fields)).on('trailers', (fields) => (trailers = fields));
    request.end(Buffer.alloc(size, 'q'));
    let content = 0;
    for await (const chunk of request) content += (chunk as Buffer).length;
    return [head[':status'], head['x-size'], head['set-cookie'], content, trailers['x-trailer']];
  };
  const sizes = [0, 1, 100_000, 2_000_000, ...Array.from({ length: 50 }, () => 10)];
  try {
    const answers = await Promise.all(sizes.map((size) => ask(size)));
    assert.deepEqual(
      answers,
      sizes.map((size) => [200, String(size), ['a=1', 'b=2'], 300_000, 't']),
    );
  } finally {
    client.destroy();
    server.close();
  }
});

test('a Node server is asked: heads, content, trailers, interim replies, GOAWAY', async () => {
  const server = http2.createServer((request, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' });
    let size = 0;
    request.on('data', (chunk: Buffer) => (size += chunk.length));
    request.on('end', () => {
      response.setHeader('x-said', `${request.method} ${request.url} ${request.authority} ${String(request.headers['x-a'])} ${size}`);
      response.addTrailers({ 'x-trailer': 't' });
      response.end('hello');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const wire = new Wire(socket, { role: 'client' });
  try {
    const ended = new Promise<void>((resolve) => {
      let open = 2;
      wire.react = (event) => {
        if (event === 'end' && --open === 0) resolve();
      };
    });
    const head = (method: string): string => `${method} /x?y HTTP/1.1\r\nHost: h.example\r\nX-A: b\r\nConnection: close\r\n\r\n`;
    wire.session.open(head('GET'), { owner: '', isEnd: true, protocol: '' });
    const upload = wire.session.open(head('PUT'), { owner: '', isEnd: false, protocol: '' })!;
    wire.session.sendData(upload, Buffer.alloc(500_000), 0, 500_000);
    wire.session.sendEnd(upload, '');
    await ended;
    const lines = wire.lines.filter((line) => line !== 'settings').map((line) => line.replace(/date: [^|]*/, 'date'));
    assert.deepEqual(
      lines.filter((line) => line.includes(' 1 ')),
      [
        'interim 1 HTTP/1.1 103 Early Hints|link: </a>; rel=preload||',
        'response 1 HTTP/1.1 200 OK|x-said: GET /x?y h.example b 0|date|transfer-encoding: chunked||',
        'data 1 hello',
        'end 1 x-trailer: t|',
      ],
    );
    assert.ok(lines.some((line) => line.startsWith('response 3 HTTP/1.1 200 OK|x-said: PUT /x?y h.example b 500000|')));
  } finally {
    socket.destroy();
    server.close();
  }
});
