/**
 * The admin API on a socket: node:http, since nothing here is hot. Loopback or a unix socket by default (mode 0600); elsewhere only
 * with a token. Everything is bounded: 256 connections, 16 KiB of head, 1 MiB of body (uploads: what the cache takes of an object), 10 s for the head and 30 s for the whole request.
 */
import { once } from 'node:events';
import { lstatSync, unlinkSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { http } from '../io/node-http.ts';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { peerUid } from '../io/peer-user.ts';
import { formatAddress } from '../config/address.ts';
import type { AddressPlan } from '../config/plan.ts';
import { answer, takesContent } from './api.ts';
import type { AdminBackend } from './backend.ts';
import { contentOf, discardRest, hasBody, readBody } from './body.ts';
import { AdminGuard } from './guard.ts';
import type { GuardedRequest } from './guard.ts';
import { problem } from './problem.ts';
import type { AdminReply } from './problem.ts';

export interface AdminOptions {
  readonly address: AddressPlan;
  /** Bearer token; null for none, which only loopback and unix sockets allow. */
  readonly token: string | null;
  readonly backend: AdminBackend;
  /** A call of the backend that threw. */
  readonly onError: (error: Error) => void;
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** A running admin API. Make one with `startAdmin`. */
export class AdminServer {
  /** Where it listens, with the real port. */
  readonly address: AddressPlan;
  readonly #server: Server;

  constructor(server: Server, address: AddressPlan) {
    this.#server = server;
    this.address = address;
  }

  /** Takes no more; finishes what is asked, at most until the deadline. */
  async close(deadlineMs = 1_000): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
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
  const guard = new AdminGuard(options.address, options.token);
  const limits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 1_000 };
  const server = http.createServer({ ...limits, maxHeaderSize: 16_384 }, (request, response) => {
    void serve(options, guard, request, response);
  });
  server.maxConnections = 256;
  try {
    await listen(server, options.address);
  } catch (error) {
    throw new Error(`admin address "${formatAddress(options.address)}": ${(error as Error).message}`, { cause: error });
  }
  return new AdminServer(server, boundAddress(server, options.address));
}

async function serve(options: AdminOptions, guard: AdminGuard, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const reply = await replyTo(options, guard, request, gone.signal);
    if (reply.lines === undefined) send(response, reply);
    else await sendLines(response, reply, reply.lines, gone.signal);
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    options.onError(error as Error);
    if (!response.headersSent) send(response, problem(500, 'internal error; the log of sluice says more'));
  }
}

async function replyTo(options: AdminOptions, guard: AdminGuard, request: IncomingMessage, signal: AbortSignal): Promise<AdminReply> {
  const target = request.url ?? '';
  const method = request.method ?? '';
  // For load balancers and container engines, which have no token; says one word and does nothing.
  const isOpen = target === '/healthz' && (method === 'GET' || method === 'HEAD');
  const isUpload = takesContent(method, target);
  const refusal = isOpen ? null : guard.refusal(guarded(request, isUpload));
  if (refusal !== null) return refusal;
  const body = hasBody(request) && !isUpload ? await readBody(request) : '';
  if (body === null) return problem(413, 'the body is larger than 1 MiB');
  const { headers } = request;
  const content = isUpload ? contentOf(request) : null;
  const reply = await answer(options.backend, { method, target, body, headers, content, signal, isOwner: () => isOwner(options, request) });
  if (isUpload && !request.complete) await discardRest(request);
  return reply;
}

/** With a token, the guard has seen it; a unix socket is open to its owner alone. */
function isOwner({ address, token }: AdminOptions, { socket }: IncomingMessage): boolean {
  if (token !== null || address.kind === 'unix' || process.platform !== 'linux') return true;
  const known = owners.get(socket);
  if (known !== undefined) return known;
  const uid = peerUid(socket);
  const isOne = uid !== null && (uid === 0 || uid === process.getuid?.());
  owners.set(socket, isOne);
  return isOne;
}

/** Whose connection it is does not change, and is dear to find out. */
const owners = new WeakMap<Socket, boolean>();

function guarded(request: IncomingMessage, takesContentOfAnyKind: boolean): GuardedRequest {
  const { headers } = request;
  return {
    host: headers.host,
    origin: headers.origin,
    fetchSite: headers['sec-fetch-site'],
    authorization: headers.authorization,
    contentType: headers['content-type'],
    hasBody: hasBody(request),
    takesContent: takesContentOfAnyKind,
  };
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

/** Each line as it comes; a client that does not read makes the source wait. */
async function sendLines(response: ServerResponse, reply: AdminReply, lines: AsyncIterable<string>, gone: AbortSignal): Promise<void> {
  response.writeHead(reply.status, { 'content-type': reply.type, ...SECURITY_HEADERS, ...reply.headers });
  response.flushHeaders();
  for await (const line of lines) {
    if (gone.aborted) return;
    if (!response.write(line)) await once(response, 'drain', { signal: gone }).catch(() => null);
  }
  response.end();
}

async function listen(server: Server, address: AddressPlan): Promise<void> {
  if (address.kind === 'tcp') return listenOnce(server, address);
  if (await isStaleSocket(address.path)) unlinkSync(address.path);
  // The mode must be right from the first moment on.
  const umask = process.umask(0o177);
  try {
    const listening = listenOnce(server, address);
    process.umask(umask);
    await listening;
  } finally {
    process.umask(umask);
  }
}

function listenOnce(server: Server, address: AddressPlan): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A socket file that a crashed process left: nobody answers on it. */
function isStaleSocket(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

function boundAddress(server: Server, address: AddressPlan): AddressPlan {
  return address.kind === 'unix' ? address : { ...address, port: (server.address() as AddressInfo).port };
}
