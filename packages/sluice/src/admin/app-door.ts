/**
 * Between node:http and the app, which speaks in the web's Request and Response. Both, zod and Hono are loaded with the first request that goes
 * this way: a gateway that nobody asks pays neither the memory nor the time.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminApp, AppOptions } from './app.ts';
import type { AdminBindings } from './bindings.ts';
import { discardRest, hasBody } from './body.ts';

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
    const { listenerFor } = await this.#door;
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

async function openDoor(options: AppOptions): Promise<Door> {
  const [{ createApp }, { getRequestListener }] = await Promise.all([import('./app.ts'), import('@hono/node-server')]);
  const app = createApp(options);
  const listenerFor = (bindings: AdminBindings): Listener =>
    getRequestListener((request) => app.fetch(request, bindings), { overrideGlobalObjects: false, errorHandler: () => undefined });
  return { app, listenerFor };
}
