/** An origin that a test scripts path by path: counts requests, keeps what they said, answers when it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'node:http';
import { eventually } from './waiting.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export interface CacheOrigin {
  readonly port: number;
  /** All that came, oldest first. */
  readonly requests: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  /** What a path (without its query) is answered with, from now on. */
  on(path: string, answer: Answer): void;
  /** How often a path, or a whole URL with its query, was asked for. */
  count(url: string): number;
  /** Resolves when it was asked for so often. */
  until(url: string, count: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startCacheOrigin(): Promise<CacheOrigin> {
  const answers = new Map<string, Answer>();
  const requests: CacheOrigin['requests'] = [];
  const count = (url: string): number => requests.filter((each) => each.url === url || each.url.split('?')[0] === url).length;
  const server = createServer((incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    requests.push({ method, url, headers });
    incoming.resume();
    response.sendDate = false;
    const path = url.split('?')[0]!;
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404, { 'content-length': '0', 'cache-control': 'no-store' }).end();
    else answer(incoming, response, count(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    on: (path, answer) => void answers.set(path, answer),
    count,
    until: async (url, wanted) => await eventually(3_000, `${url} is asked for ${wanted} times`, () => count(url) >= wanted),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer with these fields and this text. */
export function reply(headers: Readonly<Record<string, string | string[]>>, body: string | ((count: number) => string) = 'text'): Answer {
  return (_request, response, count) => {
    const text = typeof body === 'string' ? body : body(count);
    response.writeHead(200, { 'content-length': String(Buffer.byteLength(text)), ...headers }).end(text);
  };
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** It did not become whole. */
  readonly isCut: boolean;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request on a connection of its own. */
export function ask(port: number, path: string, { method = 'GET', headers = {}, body }: AskOptions = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const done = (isCut: boolean): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('latin1'), isCut });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(!response.complete));
      response.on('error', () => done(true));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
