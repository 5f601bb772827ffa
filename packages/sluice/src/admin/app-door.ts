/**
 * Between node:http and the app, which speaks in the web's Request and Response. Both, zod and Hono are loaded with the first request that goes
 * this way: a gateway that nobody asks pays neither the memory nor the time.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { AdminApp, AppOptions } from './app.ts';
import type { AdminBindings } from './bindings.ts';
import { discardRest, hasBody } from './body.ts';
import { problem } from './problem.ts';

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void | Promise<void>;

interface Door {
  readonly app: AdminApp;
  readonly listenerFor: (bindings: AdminBindings) => Listener;
}

export class AppDoor {
  readonly #options: AppOptions;
  #door: Promise<Door> | null = null;
  #isClosed = false;

  constructor(options: AppOptions) {
    this.#options = options;
  }

  /** Resolves when it is answered, or the client has gone. */
  async pass(incoming: IncomingMessage, outgoing: ServerResponse, bindings: AdminBindings): Promise<void> {
    this.#door ??= openDoor(this.#options);
    const door = this.#door;
    const { listenerFor } = await door.catch((error: unknown) => {
      if (this.#door === door) this.#door = null; // the next request tries again
      throw error;
    });
    await listenerFor(bindings)(incoming, outgoing);
    // What nobody took: closing on unread bytes would lose the answer.
    if (hasBody(incoming) && !incoming.complete && !incoming.destroyed) await discardRest(incoming);
  }

  /** Ends the replies that go on; who asks again is looked at again. */
  endStreams(): void {
    const door = this.#door;
    if (door === null || this.#isClosed) return;
    // An app that has ended its streams begins no more.
    this.#door = null;
    void door.then(
      ({ app }) => app.close(),
      () => null,
    );
  }

  /** Ends the replies that go on; no more begin. */
  close(): void {
    this.#isClosed = true;
    void this.#door?.then(
      ({ app }) => app.close(),
      () => null,
    );
  }
}

/** In pieces, with a turn of the event loop between: all at once, probes and purges would wait for 200 ms. */
async function openDoor(options: AppOptions): Promise<Door> {
  await import('@hono/zod-openapi');
  await setImmediate();
  const { getRequestListener } = await import('@hono/node-server');
  await setImmediate();
  const { createApp } = await import('./app.ts');
  const app = createApp(options);
  // Faults of the app it answers itself: what is left are targets and Host fields that make no URL. Without an answer they would never end.
  const errorHandler = (): Response => {
    const { status, type, body } = problem(400, 'the request target and its Host do not make a URL');
    return new Response(body, { status, headers: { 'content-type': type } });
  };
  const listenerFor = (bindings: AdminBindings): Listener =>
    getRequestListener((request) => app.fetch(request, bindings), { overrideGlobalObjects: false, errorHandler });
  return { app, listenerFor };
}
