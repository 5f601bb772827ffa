/**
 * What the dashboard is tried on: a real gateway with a service that it runs, one with endpoints of which one is dead, a cache, a canary to deploy, and clients that ask steadily.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { http } from '../../src/io/node-http.ts';
import type { Status } from '../../src/observe/status.ts';
import { SluiceProcess } from './sluice-process.ts';

/** The dashboard as it was built. */
export const DIST: string = fileURLToPath(new URL('../../../dashboard/dist/', import.meta.url));
const INSTANCE =
  "process.on('SIGTERM', () => process.exit(0)); " +
  "require('node:http').createServer((request, response) => response.end(process.env.SLUICE_INSTANCE)).listen(process.env.PORT, process.env.HOST);";
/** Between two requests of the steady client. */
const PACE_MS = 20;
const PATHS = ['/shop/cart', '/shop/checkout', '/legacy/report', '/assets/app.js', '/assets/app.css'];

export interface DashboardStageOptions {
  /** More sections of the configuration. */
  readonly more?: object;
  /** More members of the service that is run. */
  readonly shop?: object;
  /** More members of `admin`, apart from its address. */
  readonly admin?: object;
  /** So many endpoints of `legacy` that live, on addresses of their own. Default 1. */
  readonly endpoints?: number;
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
  #options: DashboardStageOptions;
  readonly #end = new AbortController();
  #load: Promise<void> = Promise.resolve();

  private constructor(backend: Server, options: DashboardStageOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  static async start(options: DashboardStageOptions = {}): Promise<DashboardStage> {
    assert.ok(existsSync(join(DIST, 'index.html')), 'the dashboard was not built: npx vite build packages/dashboard');
    const backend = createServer((request, response) => {
      if (request.url?.startsWith('/assets/') === true) response.setHeader('cache-control', 'public, max-age=60');
      response.end(`<p>${request.url}</p>`);
    }).listen(0, (options.endpoints ?? 1) === 1 ? '127.0.0.1' : '0.0.0.0');
    await once(backend, 'listening');
    const stage = new DashboardStage(backend, options);
    await stage.begin();
    if (options.isLoaded !== false) stage.#load = stage.#ask();
    return stage;
  }

  /** Starts the gateway, or starts it again on the same ports. */
  async begin(): Promise<void> {
    this.sluice = new SluiceProcess(['up', '--config', this.#write()]);
    const [, url = ''] = await this.sluice.line(/^ {2}listener .*(http:\/\/\S+)/);
    const [, admin = ''] = await this.sluice.line(/^ {2}admin .*http:\/\/(\S+)/);
    this.url = url.replace('localhost', '127.0.0.1');
    this.origin = `http://${admin}`;
  }

  /** Writes other options to the file; what runs is still what ran. */
  rewrite(options: DashboardStageOptions): void {
    this.#options = options;
    this.#write();
  }

  /** Asks the admin API. @param token Default: none. @throws {Error} on another status than 200. */
  async api<Answer>(method: string, path: string, body?: object, token?: string): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const reply = await fetch(`${this.origin}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return JSON.parse(text) as Answer;
  }

  /** What the gateway says of the service that it runs. */
  async shop(): Promise<Status['fleet'][number]> {
    const { fleet } = await this.api<Status>('GET', '/api/status');
    return fleet[0]!;
  }

  #write(): string {
    const file = join(this.folder, 'sluice.config.json');
    writeFileSync(file, JSON.stringify(this.#configuration(), null, 2));
    return file;
  }

  #configuration(): object {
    const { shop = {}, admin = {}, endpoints = 1, more = {} } = this.#options;
    const { port } = this.#backend.address() as AddressInfo;
    return {
      listeners: { web: { http: this.url === '' ? '127.0.0.1:0' : this.url.slice('http://'.length) } },
      services: {
        shop: {
          run: { command: [process.execPath, '-e', INSTANCE] },
          replicas: { min: 2, max: 4, scale: [{ signal: 'in-flight', target: 50 }] },
          ...shop,
        },
        legacy: { endpoints: [...Array.from({ length: endpoints }, (_, index) => `127.0.0.${1 + index}:${port}`), '127.0.0.1:9'] },
        assets: { endpoints: [`127.0.0.1:${port}`] },
      },
      routes: [
        { name: 'shop', path: '/shop/*', to: 'shop' },
        { name: 'legacy', path: '/legacy/*', to: 'legacy' },
        { name: 'assets', path: '/assets/*', to: 'assets', filters: [{ cache: { defaultTtl: '1m' } }] },
      ],
      fleet: { directory: join(this.folder, 'fleet') },
      admin: { address: this.origin === '' ? '127.0.0.1:0' : this.origin.slice('http://'.length), ...admin },
      workers: 1,
      ...more,
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
        .then(async ([reply]) => once((reply as IncomingMessage).resume(), 'end'))
        .catch(() => {});
      await pause(PACE_MS, undefined, { signal }).catch(() => {});
    }
  }
}
