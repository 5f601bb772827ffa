/** One route behind filters that let in or do not: what clients are answered, and what of their requests reaches the service. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PlaneConfig, TestPlane } from './data-plane.ts';
import { planeTo, startPlane } from './data-plane.ts';
import { looksComplete, rawExchange } from './raw-exchange.ts';
import { type RecordedRequest, type RecordingOrigin, startRecordingOrigin } from './recording-origin.ts';

type Filters = NonNullable<PlaneConfig['routes']>[number]['filters'];

export interface GuardedReply {
  readonly status: number;
  /** The reply's text, head and content. */
  readonly text: string;
  /** What the service got of it; null: nothing. */
  readonly request: RecordedRequest | null;
}

export interface GuardedPlane extends TestPlane {
  readonly origin: RecordingOrigin;
  /** Sends a GET. @param lines Field lines without CRLF. */
  ask(lines?: readonly string[], target?: string): Promise<GuardedReply>;
  /** Other filters, as a reload brings them. */
  guard(filters: NonNullable<Filters>): Promise<void>;
}

export async function startGuarded(filters: NonNullable<Filters>, more: Partial<PlaneConfig> = {}): Promise<GuardedPlane> {
  const origin = await startRecordingOrigin();
  const configOf = (given: NonNullable<Filters>): PlaneConfig =>
    planeTo(origin.port, { routes: [{ path: '/*', to: 'origin', filters: given }], ...more });
  const plane = await startPlane(configOf(filters)).catch(async (error: unknown) => {
    await origin[Symbol.asyncDispose]();
    throw error;
  });
  return {
    ...plane,
    origin,
    guard: (given) => plane.reload(configOf(given)),
    async ask(lines = [], target = '/') {
      const before = origin.requests.length;
      const request = `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
      const { text } = await rawExchange(plane.port, request, { until: (seen) => looksComplete(seen, 'open') });
      return { status: Number(text.slice(9, 12)), text, request: origin.requests[before] ?? null };
    },
    async [Symbol.asyncDispose]() {
      await plane[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** The values of a field as the service got them. */
export function fieldValues(reply: GuardedReply, name: string): readonly string[] {
  return (reply.request?.fields ?? []).filter(([each]) => each === name).map(([, value]) => value);
}

export interface AnsweringServer {
  readonly url: string;
  /** Of those asked so far. */
  readonly asked: { readonly url: string; readonly headers: IncomingMessage['headers']; readonly method: string }[];
  /** What it does from now on. */
  answer(handler: (request: IncomingMessage, reply: ServerResponse) => void): void;
  /** Connections that were made to it. */
  readonly connections: () => number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A small server that tells what it was asked: an issuer's key set, a program that decides. */
export async function startAnswering(handler: (request: IncomingMessage, reply: ServerResponse) => void): Promise<AnsweringServer> {
  let current = handler;
  let connections = 0;
  const asked: AnsweringServer['asked'] = [];
  const server: Server = createServer((request, reply) => {
    asked.push({ url: request.url ?? '', headers: request.headers, method: request.method ?? '' });
    current(request, reply);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    answer: (next) => void (current = next),
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
