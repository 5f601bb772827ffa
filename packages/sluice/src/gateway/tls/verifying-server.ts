import { tls as nodeTls } from '../../io/node-tls.ts';
/**
 * Handshakes in which the client shows a certificate. Only `tls.Server` tells in public what OpenSSL thinks of it, so each such policy has one, which never listens:
 * connections are handed to it (Node documents that), and found again by their addresses. Those that look alike get a server each, lest one be taken for another: over
 * unix sockets; from one port of a client to two addresses of ours; and from a client that resets a connection and comes again before its end was noticed.
 */
import type { Socket } from 'node:net';
import type { Server, TlsOptions, TLSSocket } from 'node:tls';

/** The session, when the handshake is done; else OpenSSL's or Node's code. */
export type HandshakeResult = { readonly ok: true; readonly socket: TLSSocket } | { readonly ok: false; readonly code: string };

/** The certificate was shown, and is not to be believed. */
export const UNVERIFIED = 'UNVERIFIED';

export class VerifyingServer {
  private readonly options: TlsOptions;
  private readonly prepare: (server: Server) => void;
  private readonly server: Server;
  private readonly waiting = new Map<string, (result: HandshakeResult) => void>();
  /** Refusals of certificates, which Node tells of when the socket has forgotten its address. */
  private unverified = 0;

  constructor(options: TlsOptions, prepare: (server: Server) => void) {
    this.options = options;
    this.prepare = prepare;
    this.server = nodeTls().createServer(options);
    prepare(this.server);
    this.server.on('secureConnection', (socket) => this.settle(placeOf(socket), verdict(socket)));
    this.server.on('tlsClientError', (error, socket) => this.onError(error, socket));
  }

  /** Takes a connection over, with what was read of it put back. @param done Called once. */
  begin(socket: Socket, done: (result: HandshakeResult) => void): void {
    if (socket.remotePort === undefined || this.waiting.has(placeOf(socket)))
      new VerifyingServer(this.options, this.prepare).hand(socket, done);
    else this.hand(socket, done);
  }

  private hand(socket: Socket, done: (result: HandshakeResult) => void): void {
    const place = placeOf(socket);
    this.waiting.set(place, done);
    // Node tells why after the close.
    socket.once('close', () => setImmediate(() => this.onClose(place, done)));
    this.server.emit('connection', socket);
  }

  private settle(place: string, result: HandshakeResult): void {
    const done = this.waiting.get(place);
    this.waiting.delete(place);
    done?.(result);
  }

  private onError(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    // The types have an Error, Node has null or a code's text.
    if ((socket.authorizationError as unknown) !== null && socket.authorizationError !== undefined) this.unverified++;
    else if (socket.remotePort !== undefined) this.settle(placeOf(socket), { ok: false, code: error.code ?? '' });
  }

  private onClose(place: string, done: (result: HandshakeResult) => void): void {
    if (this.waiting.get(place) !== done) return;
    if (this.unverified === 0) return this.settle(place, { ok: false, code: 'ECONNRESET' });
    this.unverified--;
    this.settle(place, { ok: false, code: UNVERIFIED });
  }
}

/** A certificate that was shown must be good, also where none need be. Who resumes shows that of the first time. */
function verdict(socket: TLSSocket): HandshakeResult {
  if (socket.authorized || socket.getPeerX509Certificate() === undefined) return { ok: true, socket };
  return { ok: false, code: UNVERIFIED };
}

function placeOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''} ${socket.localPort ?? ''}`;
}
