/** An HTTP/2 peer that a test drives frame by frame over a real socket: a client of the gateway, or an origin behind it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { FLAGS, frame, FrameLog, PREFACE, settings, TYPES } from './http2.ts';
import { within } from './waiting.ts';

const WAIT_MS = 3_000;
export const SETTINGS_ACK: Buffer = frame(TYPES.SETTINGS, FLAGS.ACK, 0);

/** One end of a connection. */
export class Http2Wire {
  readonly socket: Socket;
  /** Frames received, one line each (`FrameLog`). */
  readonly lines: string[] = [];
  /** How the peer ended it; `open` while it has not. */
  ending: 'open' | 'fin' | 'reset' = 'open';
  /** Called with each frame that comes. */
  onLine: ((line: string) => void) | null = null;
  private readonly log = new FrameLog();
  private readonly looks = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.end('fin'));
    socket.on('error', () => this.end('reset'));
    socket.on('close', () => this.end('reset'));
  }

  /** A client that has said its preface, SETTINGS (names and values in turn) and, unasked, the acknowledgement of the gateway's. */
  static async open(port: number, ...values: readonly number[]): Promise<Http2Wire> {
    const wire = await Http2Wire.silent(port);
    wire.send(PREFACE, settings(...values), SETTINGS_ACK);
    return wire;
  }

  /** A client that has said nothing yet. */
  static async silent(port: number): Promise<Http2Wire> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const wire = new Http2Wire(socket);
    await within(WAIT_MS, 'the client is connected', once(socket, 'connect'));
    return wire;
  }

  send(...frames: readonly Buffer[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(frames));
  }

  /** Resolves when the lines satisfy it. */
  async until(what: string, holds: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
    await within(
      WAIT_MS,
      `${what}; got ${JSON.stringify(this.lines.slice(-8))}`,
      this.when(() => holds(this.lines)),
    );
    return this.lines;
  }

  /** The first line that begins so, once it has come. */
  async line(start: string): Promise<string> {
    const lines = await this.until(start, (all) => all.some((line) => line.startsWith(start)));
    return lines.find((line) => line.startsWith(start))!;
  }

  /** Resolves with how the peer ended it. */
  async ended(): Promise<'fin' | 'reset'> {
    await within(
      WAIT_MS,
      `the peer ends the connection; got ${JSON.stringify(this.lines.slice(-4))}`,
      this.when(() => this.ending !== 'open'),
    );
    return this.ending as 'fin' | 'reset';
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private when(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.looks.delete(check);
        resolve();
      };
      this.looks.add(check);
      check();
    });
  }

  private receive(chunk: Buffer): void {
    for (const line of this.log.read(chunk)) {
      this.lines.push(line);
      this.onLine?.(line);
    }
    this.look();
  }

  private end(how: 'fin' | 'reset'): void {
    if (this.ending === 'open') this.ending = how;
    this.look();
  }

  private look(): void {
    for (const look of this.looks) look();
  }
}

export interface WireOrigin {
  readonly port: number;
  readonly connections: Http2Wire[];
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An origin made of frames. Greets each connection with SETTINGS and the acknowledgement of the gateway's; the rest is the script's.
 * @param script Called for each connection, before anything has come.
 * @param greeting In place of the usual one.
 */
export async function wireOrigin(script: (wire: Http2Wire, index: number) => void, greeting?: Buffer): Promise<WireOrigin> {
  const connections: Http2Wire[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const wire = new Http2Wire(socket);
    connections.push(wire);
    script(wire, connections.length - 1);
    wire.send(greeting ?? Buffer.concat([settings(), SETTINGS_ACK]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    async [Symbol.asyncDispose]() {
      for (const { socket } of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The stream of a line, when it is of this kind. */
export function streamOf(line: string, kind: string): number {
  const [, id] = line.startsWith(`${kind} `) ? line.split(' ') : [];
  return id === undefined ? 0 : Number(id);
}
