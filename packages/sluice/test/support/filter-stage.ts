/** Filters before a real origin, in a data plane of the test's own: what the client gets, and what the origin was asked. */
import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type PlaneConfig, startPlane, type TestPlane } from './data-plane.ts';

/** A request as the origin got it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly bytes: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

type Handler = (seen: SeenRequest, response: ServerResponse) => void;

export interface FilterStageWorld {
  readonly plane: TestPlane;
  readonly origin: TestOrigin;
  ask(path: string, ask?: Ask): Promise<Answer>;
}

export interface TestOrigin {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** What it answers from now on. */
  answer: Handler;
}

/** An origin that writes down what it gets, until the test is over. */
export async function startOrigin(t: TestContext, answer: Handler = (_, response) => void response.end('origin')): Promise<TestOrigin> {
  const seen: SeenRequest[] = [];
  const server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = message;
      const request = { method, url, headers, rawHeaders, body: Buffer.concat(parts).toString() };
      seen.push(request);
      origin.answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin: TestOrigin = { port: (server.address() as AddressInfo).port, seen, answer };
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return origin;
}

/** Filters of a route for everything. */
export async function stageFilters(
  t: TestContext,
  filters: readonly unknown[],
  more: Partial<PlaneConfig> & { readonly answer?: Handler } = {},
): Promise<FilterStageWorld> {
  const { answer, services, ...config } = more;
  const origin = await startOrigin(t, answer);
  const plane = await startPlane({
    services: { origin: { endpoints: [`127.0.0.1:${origin.port}`], outlier: false, retry: false }, ...services },
    routes: [{ path: '/*', to: 'origin', filters: [...filters] }],
    ...config,
  });
  t.after(() => plane[Symbol.asyncDispose]());
  return { plane, origin, ask: (path, ask) => askPort(plane.port, path, ask) };
}

/** One request over a connection of its own. Rejects when the reply does not become whole. */
export function askPort(port: number, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = send(
      { port, path, method, host: '127.0.0.1', agent: false, headers: { host: 'example.com', ...headers } },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(parts);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: bytes.toString(),
            bytes,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
