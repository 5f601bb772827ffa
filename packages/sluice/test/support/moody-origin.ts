/** An origin whose mood the test sets: the status and delay of its replies, and what it says to its probe (`/healthz`). */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export class MoodyOrigin {
  status = 200;
  healthStatus = 200;
  delayMs = 0;
  /** Requests so far, probes not counted. */
  requests = 0;
  inflight = 0;
  inflightMax = 0;
  port = 0;

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/healthz') {
      response.writeHead(this.healthStatus).end();
      return;
    }
    this.requests += 1;
    this.inflight += 1;
    this.inflightMax = Math.max(this.inflightMax, this.inflight);
    request.resume();
    setTimeout(() => {
      this.inflight -= 1;
      response.writeHead(this.status, { 'x-instance': String(this.port) }).end('hello');
    }, this.delayMs);
  }
}

/** Starts this many; they end with the test. */
export async function startMoodyOrigins(context: TestContext, count: number): Promise<MoodyOrigin[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const origin = new MoodyOrigin();
      const server = createServer((request, response) => origin.handle(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      origin.port = (server.address() as AddressInfo).port;
      context.after(() => {
        server.close();
        server.closeAllConnections();
      });
      return origin;
    }),
  );
}
