/**
 * What the dashboard is tried on: a real gateway with a service that it runs, one with endpoints of which one is dead, a cache, a canary to deploy, and clients that ask steadily.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { http } from '../../src/io/node-http.ts';
import { SluiceProcess } from './sluice-process.ts';

const INSTANCE =
  "process.on('SIGTERM', () => process.exit(0)); " +
  "require('node:http').createServer((request, response) => response.end(process.env.SLUICE_INSTANCE)).listen(process.env.PORT, process.env.HOST);";
/** Between two requests of the steady client. */
const PACE_MS = 20;
const PATHS = ['/shop/cart', '/shop/checkout', '/legacy/report', '/assets/app.js', '/assets/app.css'];

export interface DashboardStageOptions {
  /** More sections of the configuration. */
  readonly more?: object;
  readonly isLoaded?: boolean;
}

export class DashboardStage implements AsyncDisposable {
  /** `http://127.0.0.1:PORT` of the admin API. */
  origin = '';
  /** The same of the listener. */
  url = '';
  sluice!: SluiceProcess;
  readonly folder: string = mkdtempSync(join(tmpdir(), 'sluice-dashboard-'));
  readonly #backend: Server;
  readonly #options: DashboardStageOptions;
  readonly #end = new AbortController();
  #load: Promise<void> = Promise.resolve();

  private constructor(backend: Server, options: DashboardStageOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  static async start(options: DashboardStageOptions = {}): Promise<DashboardStage> {
    const backend = createServer((request, response) => {
      if (request.url?.startsWith('/assets/') === true) response.setHeader('cache-control', 'public, max-age=60');
      response.end(`<p>${request.url}</p>`);
    }).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const stage = new DashboardStage(backend, options);
    await stage.begin();
    if (options.isLoaded !== false) stage.#load = stage.#ask();
    return stage;
  }

  /** Starts the gateway, or starts it again on the same ports. */
  async begin(): Promise<void> {
    const file = join(this.folder, 'sluice.config.json');
    writeFileSync(file, JSON.stringify(this.configuration(), null, 2));
    this.sluice = new SluiceProcess(['up', '--config', file]);
    const [, url = ''] = await this.sluice.line(/^ {2}listener .*(http:\/\/\S+)/);
    const [, admin = ''] = await this.sluice.line(/^ {2}admin .*http:\/\/(\S+)/);
    this.url = url.replace('localhost', '127.0.0.1');
    this.origin = `http://${admin}`;
  }

  /** As it is written to the file. */
  configuration(): object {
    const { port } = this.#backend.address() as AddressInfo;
    return {
      listeners: { web: { http: this.url === '' ? '127.0.0.1:0' : this.url.slice('http://'.length) } },
      services: {
        shop: {
          run: { command: [process.execPath, '-e', INSTANCE] },
          replicas: { min: 2, max: 4, scale: [{ signal: 'in-flight', target: 50 }] },
        },
        legacy: { endpoints: [`127.0.0.1:${port}`, '127.0.0.1:9'] },
        assets: { endpoints: [`127.0.0.1:${port}`] },
      },
      routes: [
        { name: 'shop', path: '/shop/*', to: 'shop' },
        { name: 'legacy', path: '/legacy/*', to: 'legacy' },
        { name: 'assets', path: '/assets/*', to: 'assets', filters: [{ cache: { defaultTtl: '1m' } }] },
      ],
      fleet: { directory: join(this.folder, 'fleet') },
      admin: this.origin === '' ? '127.0.0.1:0' : this.origin.slice('http://'.length),
      workers: 1,
      ...this.#options.more,
    };
  }

  /** Kills the gateway as a crash would; `begin` starts it again. */
  async crash(): Promise<void> {
    this.sluice.signal('SIGKILL');
    await this.sluice.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#load;
    this.sluice.signal('SIGTERM');
    const overdue = setTimeout(() => this.sluice.signal('SIGKILL'), 10_000);
    await this.sluice.ended;
    clearTimeout(overdue);
    this.#backend.close();
    this.#backend.closeAllConnections();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ask(): Promise<void> {
    const { signal } = this.#end;
    for (let index = 0; !signal.aborted; index++) {
      await once(http.get(`${this.url}${PATHS[index % PATHS.length]}`, { agent: false }), 'response')
        .then(async ([reply]) => once((reply as import('node:http').IncomingMessage).resume(), 'end'))
        .catch(() => {});
      await pause(PACE_MS, undefined, { signal }).catch(() => {});
    }
  }
}
