/**
 * The admin API on a socket: node:http, since nothing here is hot. Loopback or a unix socket by default (mode 0600); elsewhere only
 * with tokens or client certificates. Everything is bounded: 256 connections, 16 KiB of head, 1 MiB of body (uploads: what the cache takes of an object), 10 s for the
 * head and 30 s for the whole request. Health, metrics and the dashboard's files are answered here; the rest by the app, which is loaded with
 * the first request for it.
 */
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { formatAddress } from '../config/address.ts';
import type { AdminSettings } from '../config/observe-plan.ts';
import type { AddressPlan } from '../config/plan.ts';
import { chooseCoding } from '../core/compression/accept-encoding.ts';
import type { AdminMaterial } from '../io/admin-files.ts';
import { http, https } from '../io/node-http.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { AppDoor } from './app-door.ts';
import type { AuditLog } from './audit-log.ts';
import type { AdminBackend } from './backend.ts';
import type { Caller } from './bindings.ts';
import { hasBody } from './body.ts';
import { Callers, placeOf } from './caller.ts';
import { DashboardFiles } from './dashboard-files.ts';
import { AdminGuard, type GuardedRequest } from './guard.ts';
import { boundAddress, listen } from './listening.ts';
import { type AdminReply, problem } from './problem.ts';
import { isOwner } from './socket-owner.ts';

export interface AdminOptions {
  readonly address: AddressPlan;
  readonly settings: AdminSettings;
  /** What the files of `settings.tls` hold; null without TLS. */
  readonly material?: AdminMaterial | null;
  readonly backend: AdminBackend;
  readonly audit: AuditLog;
  /** A call of the backend that threw. */
  readonly onError: (error: Error) => void;
  readonly dashboard?: DashboardFiles;
  /** Default 30 s; 100 ms or more. */
  readonly stallMs?: number;
}

/** A client that takes nothing of its reply for so long is cut off: 256 of them would leave no connection for anybody else. */
const STALL_MS = 30_000;

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const gzipped = promisify(gzip);
/** Less is not worth it. */
const GZIP_BYTES_MIN = 1_024;

/** A running admin API. Make one with `startAdmin`. */
export class AdminServer {
  /** Where it listens, with the real port. */
  readonly address: AddressPlan;
  readonly #server: Server;
  readonly #desk: Desk;

  constructor(server: Server, address: AddressPlan, desk: Desk) {
    this.#server = server;
    this.address = address;
    this.#desk = desk;
  }

  /**
   * Other tokens, clients or pages from the next request on, and streams that were open under the old ones end.
   * @throws {Error} when the address needs a token and there is none any more.
   */
  follow(settings: AdminSettings): void {
    this.#desk.follow(settings);
  }

  /** Another certificate, for connections from now on. */
  rotate(material: AdminMaterial): void {
    (this.#server as Server & { setSecureContext(options: object): void }).setSecureContext(tlsOptions(material));
  }

  /** Takes no more; ends what goes on and finishes what is asked, at most until the deadline. */
  async close(deadlineMs = 1_000): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#desk.door.close();
    this.#server.closeIdleConnections();
    const overdue = setTimeout(() => this.#server.closeAllConnections(), deadlineMs);
    await closed;
    clearTimeout(overdue);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Starts the API. @throws {Error} when the address needs a token, is taken or cannot be used. */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const desk = new Desk(options);
  const server = makeServer(options.material ?? null, (request, response) => void desk.serve(request, response));
  server.maxConnections = 256;
  try {
    await listen(server, options.address);
  } catch (error) {
    throw new Error(`admin address "${formatAddress(options.address)}": ${(error as Error).message}`, { cause: error });
  }
  return new AdminServer(server, boundAddress(server, options.address), desk);
}

function makeServer(material: AdminMaterial | null, listener: RequestListener): Server {
  const limits: ServerOptions = {
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
  };
  const options = { ...limits, maxHeaderSize: 16_384 };
  if (material === null) return http.createServer(options, listener);
  return https().createServer({ ...options, ...tlsOptions(material), handshakeTimeout: 10_000 }, listener);
}

/** Without tickets: a session that is taken up again would not show its certificate again. */
function tlsOptions({ cert, key, clientCa }: AdminMaterial): object {
  const { constants } = process.getBuiltinModule('node:crypto');
  const own = { cert, key, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION };
  // Who shows none, or a wrong one, is told so in a reply: health and the dashboard's code are for everybody.
  return clientCa === null ? own : { ...own, ca: clientCa, requestCert: true, rejectUnauthorized: false };
}

/** Where each request comes to: looked at, and answered or handed on. */
class Desk {
  readonly door: AppDoor;
  readonly #options: AdminOptions;
  readonly #dashboard: DashboardFiles;
  #settings: AdminSettings;
  #callers: Callers;
  #guard: AdminGuard;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#callers = new Callers(options.settings);
    this.#guard = new AdminGuard(options.address, this.#callers.isAsking);
    this.#dashboard = options.dashboard ?? new DashboardFiles();
    this.door = new AppDoor({ backend: options.backend, trail: options.audit, onError: options.onError });
  }

  follow(settings: AdminSettings): void {
    const callers = new Callers(settings, this.#callers);
    this.#guard = new AdminGuard(this.#options.address, callers.isAsking);
    this.#callers = callers;
    this.#settings = settings;
    this.door.endStreams();
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setTimeout(this.#options.stallMs ?? STALL_MS, () => endStalled(response));
    try {
      await this.#answer(request, response);
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      this.#options.onError(error as Error);
      if (!response.headersSent) send(response, problem(500, 'internal error; the log of sluice says more'));
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request.url ?? '');
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    // For load balancers and container engines, which have no token; says one word and does nothing.
    if (isReading && request.url === '/healthz') return send(response, healthReply(this.#options.backend));
    const isPage = isReading && path !== '/metrics' && path !== '/healthz' && path !== '/api' && !path.startsWith('/api/');
    const asked = guarded(request, isPage);
    const refusal = this.#guard.refusal(asked);
    if (refusal !== null) return this.#refuse(request, response, refusal);
    const page = isPage ? await this.#dashboard.reply(path, request.headers, this.#settings.dashboard) : null;
    if (page !== null) return void response.writeHead(page.status, page.headers).end(page.body);
    // The app reads paths more freely (`/%61pi/status`): what is no file is held to the rules of the API.
    const late = isPage ? this.#guard.refusal({ ...asked, isPage: false }) : null;
    if (late !== null) return this.#refuse(request, response, late);
    const who = this.#callers.identify(request.headers.authorization, request.socket, placeOf(request.socket), nodeRuntime.clock.now());
    if (!who.ok) return this.#refuse(request, response, who.reply);
    const bodyRefusal = this.#guard.bodyRefusal(asked);
    if (bodyRefusal !== null) return this.#refuse(request, response, bodyRefusal);
    if (isReading && path === '/metrics') return this.#metrics(request, response);
    await this.#handOn(request, response, who.caller);
  }

  async #handOn(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const { audit, address } = this.#options;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const isTrusted = this.#callers.isAsking || address.kind === 'unix';
    await this.door.pass(request, response, {
      caller,
      isOwner: () => isTrusted || isOwner(request.socket),
      incoming: request,
      audit: (note) => audit.write(caller, note),
    });
    if (response.statusCode === 403) audit.refused(403, placeOf(request.socket));
  }

  #refuse(request: IncomingMessage, response: ServerResponse, reply: AdminReply): void {
    this.#options.audit.refused(reply.status, placeOf(request.socket));
    send(response, reply);
  }

  async #metrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { type, body } = this.#options.backend.metrics(String(request.headers.accept ?? ''));
    const plain = Buffer.from(body);
    const isCoded = plain.length >= GZIP_BYTES_MIN && chooseCoding(String(request.headers['accept-encoding'] ?? ''), ['gzip']) !== null;
    // Level 1: half of the default's time, a tenth more bytes.
    const bytes = isCoded ? await gzipped(plain, { level: 1 }) : plain;
    const coding = isCoded ? { 'content-encoding': 'gzip' } : {};
    const headers = { 'content-type': type, 'content-length': bytes.length, vary: 'accept, accept-encoding', ...coding };
    response.writeHead(200, { ...SECURITY_HEADERS, ...headers }).end(bytes);
  }
}

/** Nothing moved for a while. An answer that takes long to come (a drain, say) has nothing to send yet: it may. */
function endStalled({ socket }: ServerResponse): void {
  if (socket !== null && socket.writableLength > 0) socket.destroy();
}

function healthReply(backend: AdminBackend): AdminReply {
  const state = backend.health();
  return { status: state === 'ready' ? 200 : 503, type: 'text/plain; charset=utf-8', body: `${state}\n` };
}

function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? target : target.slice(0, mark);
}

function guarded(request: IncomingMessage, isPage: boolean): GuardedRequest {
  const { headers } = request;
  return {
    host: headers.host,
    origin: headers.origin,
    fetchSite: field(headers['sec-fetch-site']),
    fetchMode: field(headers['sec-fetch-mode']),
    fetchDestination: field(headers['sec-fetch-dest']),
    contentType: headers['content-type'],
    hasBody: hasBody(request),
    takesContent: request.method === 'PUT',
    isPage,
  };
}

function field(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(', ');
}

function send(response: ServerResponse, reply: AdminReply): void {
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': Buffer.byteLength(reply.body),
    ...SECURITY_HEADERS,
    ...reply.headers,
    // What was refused may have a body that nobody read.
    ...(reply.status >= 400 ? { connection: 'close' } : {}),
  });
  response.end(reply.body);
}
