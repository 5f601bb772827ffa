/** Reads the bytes of connections with Node's own server (llhttp, strict), fed through in-memory streams: the reader to compare with. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import type { ReadRequest, Reading } from './reading.ts';

/** A connection without a network. */
class MemorySocket extends Duplex {
  readonly reading: Reading = { requests: [], fault: null, isClosed: false };
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

/** Node's reader for many connections at once. */
export class NodeReader {
  private readonly server: Server;

  constructor() {
    const options = { insecureHTTPParser: false, maxHeaderSize: 1024 * 1024, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
    this.server = createServer(options, (request) => record(request));
    this.server.maxHeadersCount = 0;
    this.server.on('checkContinue', (request: IncomingMessage) => record(request));
    this.server.on('checkExpectation', (request: IncomingMessage) => record(request));
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const { reading } = socket as unknown as MemorySocket;
      reading.fault ??= error.code ?? error.message;
    });
  }

  /** Reads each input as a connection of its own. Node's streams need turns of the event loop, so inputs go in batches. */
  async read(inputs: readonly Buffer[]): Promise<Reading[]> {
    const sockets = inputs.map((bytes) => {
      const socket = new MemorySocket();
      socket.on('error', () => {});
      this.server.emit('connection', socket);
      socket.push(bytes);
      return socket;
    });
    await tick();
    await tick();
    const readings = sockets.map((socket) => socket.reading);
    for (const socket of sockets) socket.destroy();
    return readings;
  }
}

function record(request: IncomingMessage): void {
  const { reading } = request.socket as unknown as MemorySocket;
  const { method = '', url = '', httpVersionMinor, rawHeaders } = request;
  const parts: string[] = [];
  const entry: ReadRequest = {
    method,
    target: url,
    minorVersion: httpVersionMinor,
    fields: rawHeaders,
    body: '',
    trailers: [],
    isComplete: false,
  };
  reading.requests.push(entry);
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    parts.push(chunk.toString('latin1'));
    entry.body = parts.join('');
  });
  request.on('end', () => {
    entry.isComplete = request.complete;
    entry.trailers = request.rawTrailers;
  });
}
