/**
 * An API server over real HTTPS that shows recorded shapes: lists (in pages), watches with bookmarks and 410 Gone, `scale` with conflicts, merge patches.
 * It stores what it is given and decides nothing; `kubernetes-workload.ts` plays the controllers. Reads as the API reference says, and is none of the real ones.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testAuthority } from './authority.ts';
import { shape, type Shape } from './kubernetes-shapes.ts';

interface Change {
  readonly version: number;
  readonly collection: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Shape;
}

const TOKEN = 'token-of-the-test';
const BOOKMARK_MS = 100;

export class KubernetesServer implements AsyncDisposable {
  /** `GET /path?query` of each request, in order. */
  readonly requests: string[] = [];
  readonly kubeconfig: string;
  readonly #server: https.Server;
  readonly #folder: string;
  readonly #collections = new Map<string, Map<string, Shape>>();
  readonly #watches = new Map<ServerResponse, string>();
  readonly #constants = new Map<string, Shape>();
  #changes: Change[] = [];
  #version = 220;
  #forgotten = 0;
  /** Answers one request as it says, and none after it: status to send, or 'lost' to do it and cut the connection. */
  failNext: { readonly match: RegExp; readonly how: number | 'lost' } | null = null;
  /** A scale or a pod was written by a client. */
  written: (collection: string, object: Shape, verb: 'scale' | 'patch' | 'delete') => void = () => {};
  #isAway = false;
  #port = 0;

  private constructor(server: https.Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    server.on('request', (request: IncomingMessage, reply: ServerResponse) => void this.#answer(request, reply));
  }

  static async open(): Promise<KubernetesServer> {
    const authority = await testAuthority('Cluster CA');
    const pair = await authority.leaf(['127.0.0.1']);
    const folder = mkdtempSync(join(tmpdir(), 'sluice-kubernetes-'));
    const server = new KubernetesServer(https.createServer({ cert: pair.certPem, key: pair.keyPem }), folder);
    await server.back();
    const config = {
      clusters: [
        { name: 'c', cluster: { server: `https://127.0.0.1:${server.#port}`, 'certificate-authority-data': btoa(authority.certPem) } },
      ],
      users: [{ name: 'u', user: { token: TOKEN } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    writeFileSync(server.kubeconfig, JSON.stringify(config), { mode: 0o600 });
    return server;
  }

  /** A path that is always answered so. */
  constant(path: string, object: Shape): void {
    this.#constants.set(path, object);
  }

  /** @returns As it is stored. */
  put(collection: string, object: Shape): Shape {
    const stored = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } });
    const objects = this.#collection(collection);
    const type = objects.has(object.metadata.name) ? 'MODIFIED' : 'ADDED';
    objects.set(object.metadata.name, stored);
    this.#tell({ version: this.#version, collection, type, object: stored });
    return stored;
  }

  remove(collection: string, name: string): void {
    const object = this.#collection(collection).get(name);
    if (object === undefined) return;
    this.#collection(collection).delete(name);
    this.#tell({ version: ++this.#version, collection, type: 'DELETED', object });
  }

  all(collection: string): readonly Shape[] {
    return [...this.#collection(collection).values()];
  }

  /** From now on every version before this one is too old to watch from; who watches is cut off. */
  forget(): void {
    this.#changes = [];
    this.#forgotten = ++this.#version;
    this.cutWatches();
  }

  cutWatches(): void {
    for (const reply of this.#watches.keys()) reply.destroy();
  }

  async away(): Promise<void> {
    this.#isAway = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async back(): Promise<void> {
    this.#isAway = false;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isAway) await this.away();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'https://server');
    this.requests.push(`${request.method} ${request.url}`);
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return send(reply, 401, { kind: 'Status', message: 'Unauthorized', code: 401 });
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body: unknown = parts.length === 0 ? null : JSON.parse(Buffer.concat(parts).toString());
    const fault = this.failNext?.match.test(`${request.method} ${request.url}`) === true ? this.failNext : null;
    if (fault !== null) this.failNext = null;
    if (typeof fault?.how === 'number') return send(reply, fault.how, { kind: 'Status', message: 'as the test wants', code: fault.how });
    if (url.searchParams.get('watch') === 'true') return this.#watch(url, reply);
    const { status, object } = this.#perform(request.method!, url, body);
    if (fault?.how === 'lost') reply.destroy();
    else send(reply, status, object);
  }

  #perform(method: string, { pathname, searchParams }: URL, body: unknown): { readonly status: number; readonly object: unknown } {
    const constant = this.#constants.get(pathname);
    if (constant !== undefined) return { status: 200, object: constant };
    if (method === 'GET' && this.#collections.has(pathname)) return { status: 200, object: this.#list(pathname, searchParams) };
    const [, collection = '', name = '', sub] = /^(.*?\/(?:pods|deployments|statefulsets))\/([^/]+)(\/scale)?$/.exec(pathname) ?? [];
    const found = this.#collections.get(collection)?.get(name);
    if (found === undefined) return { status: 404, object: shape('status-404') };
    if (sub !== undefined) return this.#scale(method, collection, found, body as Shape | null);
    if (method === 'PATCH') {
      const annotations = { ...found.metadata.annotations, ...(body as Shape).metadata.annotations };
      for (const key of Object.keys(annotations)) if ((annotations[key] as unknown) === null) delete annotations[key];
      const stored = this.put(collection, { ...found, metadata: { ...found.metadata, annotations } });
      this.written(collection, stored, 'patch');
    } else if (method === 'DELETE') this.written(collection, found, 'delete');
    return { status: 200, object: found };
  }

  #scale(method: string, collection: string, found: Shape, body: Shape | null): { readonly status: number; readonly object: unknown } {
    const spec = found['spec'] as { replicas: number };
    if (method === 'PUT') {
      if (body!.metadata.resourceVersion !== found.metadata.resourceVersion) return { status: 409, object: shape('status-409') };
      // Go leaves out a zero.
      const replicas = (body!['spec'] as { replicas?: number }).replicas ?? 0;
      this.written(collection, this.put(collection, { ...found, spec: { ...spec, replicas } }), 'scale');
    }
    const now = this.#collection(collection).get(found.metadata.name)!;
    const { replicas } = now['spec'] as { replicas: number };
    const scale = shape('scale');
    const { name, resourceVersion } = now.metadata;
    return {
      status: 200,
      object: { ...scale, metadata: { ...scale.metadata, name, resourceVersion }, spec: replicas === 0 ? {} : { replicas } },
    };
  }

  /** In pages of two, whatever is asked: the client must follow `continue`. */
  #list(collection: string, query: URLSearchParams): object {
    const items = this.all(collection);
    const start = Number(query.get('continue') ?? 0);
    const rest = start + 2 < items.length ? { continue: String(start + 2) } : {};
    return {
      kind: 'List',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(this.#version), ...rest },
      items: items.slice(start, start + 2),
    };
  }

  #watch({ pathname, searchParams }: URL, reply: ServerResponse): void {
    const from = Number(searchParams.get('resourceVersion'));
    reply.writeHead(200, { 'content-type': 'application/json' });
    reply.flushHeaders();
    if (from < this.#forgotten) return void reply.end(`${JSON.stringify({ type: 'ERROR', object: shape('status-410') })}\n`);
    for (const change of this.#changes) if (change.collection === pathname && change.version > from) reply.write(line(change));
    this.#watches.set(reply, pathname);
    const timer = setInterval(() => {
      const object = { kind: 'Bookmark', metadata: { resourceVersion: String(this.#version), creationTimestamp: null } };
      reply.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    }, BOOKMARK_MS);
    reply.once('close', () => {
      clearInterval(timer);
      this.#watches.delete(reply);
    });
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    for (const [reply, collection] of this.#watches) if (collection === change.collection) reply.write(line(change));
  }

  #collection(path: string): Map<string, Shape> {
    const found = this.#collections.get(path) ?? new Map<string, Shape>();
    this.#collections.set(path, found);
    return found;
  }
}

function line({ type, object }: Change): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function send(reply: ServerResponse, status: number, object: unknown): void {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object));
}
