/** Clients that stay: WebSockets and event streams over HTTP/1.1 and HTTP/2, who come back at once when they are ended, and note where they are and how each ended. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { WebSocket } from 'ws';
import { extendedConnect, openHttp2 } from './extended-connect.ts';

/** How one of their connections ended. */
export interface LastingEnd {
  readonly kind: LastingKind;
  readonly instance: string;
  /** Of `performance.now`. */
  readonly at: number;
  /** Close frames, or ends of a stream; one means politely and once. */
  readonly goodbyes: number;
  /** Of a WebSocket's close frame. */
  readonly code: number | null;
  /** What an event stream brought. */
  readonly text: string;
}

export type LastingKind = 'socket' | 'events' | 'socket-h2' | 'events-h2';

type Connection = { readonly instance: string; readonly ended: Promise<Omit<LastingEnd, 'kind' | 'instance' | 'at'>>; close(): void };

export class LastingClients {
  readonly ends: LastingEnd[] = [];
  readonly failures: string[] = [];
  private readonly url: string;
  private readonly open = new Set<Connection>();
  private readonly sessions: ClientHttp2Session[] = [];
  private isStopping = false;

  constructor(url: string) {
    this.url = url;
  }

  /** Opens so many, each over a connection of its own; those over HTTP/2 ten to a connection. */
  async start(kind: LastingKind, count: number): Promise<void> {
    let session: ClientHttp2Session | null = null;
    for (let index = 0; index < count; index++) {
      if (kind.endsWith('-h2') && index % 10 === 0) this.sessions.push((session = await openHttp2(Number(new URL(this.url).port))));
      await this.connect(kind, session);
    }
  }

  get count(): number {
    return this.open.size;
  }

  /** How many are at each instance. */
  byInstance(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { instance } of this.open) counts.set(instance, (counts.get(instance) ?? 0) + 1);
    return counts;
  }

  stop(): void {
    this.isStopping = true;
    for (const connection of this.open) connection.close();
    for (const session of this.sessions) session.destroy();
  }

  private async connect(kind: LastingKind, session: ClientHttp2Session | null): Promise<void> {
    const connection = await this.dial(kind, session);
    this.open.add(connection);
    void connection.ended.then((end) => {
      this.open.delete(connection);
      if (this.isStopping) return;
      this.ends.push({ kind, instance: connection.instance, at: performance.now(), ...end });
      this.connect(kind, session).catch((error: Error) => this.failures.push(`${kind}: ${error.message}`));
    });
  }

  private dial(kind: LastingKind, session: ClientHttp2Session | null): Promise<Connection> {
    switch (kind) {
      case 'socket':
        return openSocket(this.url);
      case 'events':
        return openEvents(this.url);
      case 'socket-h2':
        return openSocketStream(session!);
      case 'events-h2':
        return openEventStream(session!);
    }
  }
}

async function openSocket(url: string): Promise<Connection> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`);
  const [greeting] = (await once(socket, 'message')) as [Buffer];
  const ended = once(socket, 'close').then(([code]) => ({ goodbyes: 1, code: code as number, text: '' }));
  return { instance: greeting.toString(), ended, close: () => socket.terminate() };
}

async function openEvents(url: string): Promise<Connection> {
  const [reply] = (await once(get(`${url}/events`, { agent: false }), 'response')) as [IncomingMessage];
  let text = '';
  reply.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  reply.on('error', () => {});
  const closed = new Promise((resolve) => reply.once('close', resolve));
  const ended = closed.then(() => ({ goodbyes: reply.complete ? 1 : 0, code: null, text }));
  return { instance: String(reply.headers['x-instance']), ended, close: () => reply.destroy() };
}

async function openEventStream(session: ClientHttp2Session): Promise<Connection> {
  const stream = session.request({ ':path': '/events' });
  stream.on('error', () => {});
  const [headers] = (await once(stream, 'response')) as [Record<string, string>];
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const ended = closed(stream).then((isWhole) => ({ goodbyes: isWhole ? 1 : 0, code: null, text }));
  return { instance: String(headers['x-instance']), ended, close: () => stream.close() };
}

/** A server's frames are not masked: one byte of length, since they are short here. */
async function openSocketStream(session: ClientHttp2Session): Promise<Connection> {
  const { stream, received, until } = await extendedConnect(session);
  const size = (await until(2))[1]!;
  const instance = (await until(2 + size)).subarray(2, 2 + size).toString();
  stream.on('data', () => {
    // A close frame is answered with one (RFC 6455 §5.5.1), masked with zeros.
    const rest = received().subarray(2 + size);
    if (rest[0] === 0x88 && !stream.writableEnded) stream.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, rest[2]!, rest[3]!]));
  });
  const ended = closed(stream).then(() => {
    const rest = received().subarray(2 + size);
    const isGoodbye = rest.length === 4 && rest[0] === 0x88;
    return { goodbyes: isGoodbye ? 1 : rest.length, code: isGoodbye ? rest.readUInt16BE(2) : null, text: '' };
  });
  return { instance, ended, close: () => stream.close() };
}

/** Whether it ended as a stream does, without a reset. */
function closed(stream: ClientHttp2Stream): Promise<boolean> {
  return new Promise((resolve) => stream.once('close', () => resolve(stream.rstCode === 0)));
}
