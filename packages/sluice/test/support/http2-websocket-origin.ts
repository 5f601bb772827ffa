/** An origin that takes WebSockets over HTTP/2 (RFC 8441): Node's own server, which echoes frames. */
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { frame } from './websocket-frames.ts';

export interface Http2WebSocketOrigin extends AsyncDisposable {
  readonly port: number;
  readonly asked: IncomingHttpHeaders[];
  readonly streams: ServerHttp2Stream[];
}

export interface Http2WebSocketOriginOptions {
  readonly allows?: boolean;
  /** In place of 200. */
  readonly status?: number;
}

export async function http2WebSocketOrigin({
  allows = true,
  status = 200,
}: Http2WebSocketOriginOptions = {}): Promise<Http2WebSocketOrigin> {
  const asked: IncomingHttpHeaders[] = [];
  const streams: ServerHttp2Stream[] = [];
  const server = createServer({ settings: { enableConnectProtocol: allows } });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    asked.push(headers);
    streams.push(stream);
    stream.on('error', () => {});
    if (headers[':method'] !== 'CONNECT' || status >= 300) {
      stream.respond({ ':status': status });
      stream.end('plain');
      return;
    }
    const wanted = headers['sec-websocket-protocol'];
    stream.respond({ ':status': status, ...(wanted !== undefined && { 'sec-websocket-protocol': wanted }) });
    echo(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    streams,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers each frame with its like, unmasked; a ping with a pong; a close with a close and the end. */
function echo(stream: ServerHttp2Stream): void {
  let pending: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let size = frameSize(pending); size > 0 && pending.length >= size; size = frameSize(pending)) {
      answer(stream, pending.subarray(0, size));
      pending = pending.subarray(size);
    }
  });
  stream.on('end', () => stream.end());
}

function frameSize(bytes: Buffer): number {
  if (bytes.length < 2) return 0;
  const short = bytes[1]! & 0x7f;
  if (short < 126) return 6 + short;
  if (short === 126) return bytes.length < 4 ? 0 : 8 + bytes.readUInt16BE(2);
  return bytes.length < 10 ? 0 : 14 + Number(bytes.readBigUInt64BE(2));
}

function answer(stream: ServerHttp2Stream, bytes: Buffer): void {
  const short = bytes[1]! & 0x7f;
  const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  const mask = bytes.subarray(start, start + 4);
  const payload = Buffer.from(bytes.subarray(start + 4)).map((byte, index) => byte ^ mask[index & 3]!);
  const opcode = bytes[0]! & 0x0f;
  stream.write(frame({ opcode: opcode === 9 ? 10 : opcode, isFinal: bytes[0]! > 0x7f, payload }));
  if (opcode === 8) stream.end();
}
