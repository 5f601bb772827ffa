/**
 * A connection from its first byte to the end of its TLS handshake. The hello is read before OpenSSL sees it, so that the rules are chosen by its name and deadlines
 * and bounds hold from the first byte; then the bytes are put back and OpenSSL does the rest. Who does not speak TLS is told so, in HTTP where that is what it speaks.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tls as nodeTls } from '../../io/node-tls.ts';
import type { Instant, Timestamp } from '../../base/time.ts';
import { type AlertName, alertForFault, fatalAlert } from '../../core/tls/alert.ts';
import type { ClientHello } from '../../core/tls/client-hello.ts';
import { ClientHelloReader } from '../../core/tls/client-hello-reader.ts';
import { canonicalServerName, isAddress } from '../../core/tls/server-name.ts';
import type { CloseReason, HandshakeFailure } from '../../observe/metric-layout.ts';
import type { ClientConnection, TlsFacts } from '../listeners/arrival.ts';
import { clientCertificate, clientCertificateLines } from './client-certificate.ts';
import { handshakeFailure } from './handshake-failure.ts';
import type { Terminator } from './tls-contexts.ts';
import type { TlsPolicy } from './tls-policies.ts';

/** How a hello is answered. */
export type HelloAnswer =
  | { readonly kind: 'policy'; readonly policy: TlsPolicy; readonly terminator: Terminator }
  /** With a certificate that proves a name to an ACME server (RFC 8737); the connection carries nothing else. */
  | { readonly kind: 'challenge'; readonly terminator: Terminator }
  | { readonly kind: 'refusal'; readonly alert: AlertName; readonly failure: HandshakeFailure };

/** Who is there, before TLS. */
export interface Peer {
  readonly socket: Socket;
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** Whose handshake it is. `tls-entrance.ts` is it. */
export interface HandshakeOwner {
  now(): Instant;
  wall(): Timestamp;
  answer(handshake: TlsHandshake, hello: ClientHello): HelloAnswer;
  onDone(handshake: TlsHandshake, session: TLSSocket, facts: TlsFacts): void;
  /** At most once. The connection closes soon. */
  onFailed(failure: HandshakeFailure): void;
  onClosed(handshake: TlsHandshake, reason: CloseReason): void;
}

/** What comes byte by byte is put together now and then: a buffer for each byte would take hundreds. */
const PIECES_MAX = 64;
/** An alert, or a word to who speaks HTTP, is given this long to be read before the connection is closed. */
const LINGER_MS = 1_000;

const NOT_HTTPS = 'This port speaks https: write https:// in the URL.\n';
const NOT_HTTPS_REPLY = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${NOT_HTTPS.length}\r\nConnection: close\r\n\r\n${NOT_HTTPS}`;

export class TlsHandshake implements ClientConnection {
  readonly peer: Peer;
  deadline: number;
  sweepIndex = -1;
  /** Nothing was asked yet. */
  readonly isIdle = true;
  private readonly owner: HandshakeOwner;
  private readonly reader = new ClientHelloReader();
  private pieces: Buffer[] = [];
  private state: 'hello' | 'handshake' | 'failed' | 'over' = 'hello';
  private reason: CloseReason = 'normal';
  /** The client's certificate is being looked at: a verdict comes in any case. */
  private awaitsVerdict = false;
  private hasClosed = false;

  constructor(owner: HandshakeOwner, peer: Peer, deadline: number) {
    this.owner = owner;
    this.peer = peer;
    this.deadline = deadline;
    const { socket } = peer;
    socket.on('data', this.onData);
    socket.on('end', this.onEnd);
    socket.on('error', ignore);
    socket.on('close', this.onClose);
  }

  announceClose(): void {}

  cut(reason: CloseReason): void {
    this.fail('closed', reason);
    this.peer.socket.destroy();
  }

  onDeadline(): void {
    this.fail('timeout', 'timeout');
    this.peer.socket.destroy();
  }

  /** Others need the place. */
  giveWay(): void {
    this.fail('limit', 'error');
    this.peer.socket.destroy();
  }

  private readonly onData = (bytes: Buffer): void => {
    if (this.state !== 'hello') return;
    this.pieces.push(bytes);
    if (this.pieces.length === PIECES_MAX) this.pieces = [Buffer.concat(this.pieces)];
    const reading = this.reader.feed(bytes);
    if (reading.kind === 'more') return;
    if (reading.kind === 'hello') return this.proceed(reading.hello);
    const alert = alertForFault(reading.fault);
    this.fail(alert === null ? 'not-tls' : 'malformed', 'error');
    if (alert !== null) this.leave(fatalAlert(alert));
    else if (beginsAsHttp(this.pieces[0]!)) this.leave(Buffer.from(NOT_HTTPS_REPLY, 'latin1'));
    else this.peer.socket.destroy();
  };

  private readonly onEnd = (): void => {
    this.fail('closed', 'normal');
    this.peer.socket.destroy();
  };

  private readonly onClose = (): void => {
    this.hasClosed = true;
    if (this.awaitsVerdict) return;
    // What OpenSSL has to say of a handshake comes after the close.
    if (this.state === 'handshake') setImmediate(() => this.closed());
    else this.closed();
  };

  private closed(): void {
    if (this.state === 'over') return;
    this.fail('closed', 'normal');
    this.state = 'over';
    this.owner.onClosed(this, this.reason);
  }

  private proceed(hello: ClientHello): void {
    const answer = this.owner.answer(this, hello);
    if (answer.kind === 'refusal') {
      this.fail(answer.failure, 'error');
      return this.leave(fatalAlert(answer.alert));
    }
    const { socket } = this.peer;
    socket.off('data', this.onData);
    socket.off('end', this.onEnd);
    socket.pause();
    socket.unshift(this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces));
    this.pieces.length = 0;
    this.state = 'handshake';
    this.begin(answer.terminator, (session) => {
      if (answer.kind === 'policy') return this.finish(session, hello, answer.policy);
      this.state = 'failed'; // it comes to nothing more, and that is no failure to be counted: the name is proved
      session.end();
    });
  }

  private begin(terminator: Terminator, done: (session: TLSSocket) => void): void {
    const { socket } = this.peer;
    if (terminator.kind === 'plain') {
      const session = new (nodeTls().TLSSocket)(socket, terminator.options);
      session.on('error', this.onError);
      session.on('end', this.onEnd); // its half is closed before the handshake is done: nothing can come of it
      session.once('secure', () => done(session));
      return;
    }
    this.awaitsVerdict = true;
    terminator.server.begin(socket, (result) => {
      this.awaitsVerdict = false;
      if (result.ok) {
        result.socket.on('error', this.onError);
        done(result.socket);
      } else this.abandon(handshakeFailure(result.code));
      if (this.hasClosed) this.closed();
    });
  }

  private readonly onError = (error: NodeJS.ErrnoException): void => this.fail(handshakeFailure(error.code ?? ''), 'error');

  private finish(session: TLSSocket, hello: ClientHello, policy: TlsPolicy): void {
    if (this.state !== 'handshake') return;
    // A second hello (HelloRetryRequest) must not name another server than the one that the rules were chosen by.
    // TLS 1.2 has one hello, and OpenSSL does not tell its name when a session is resumed.
    const differs = askedName(session) !== hello.serverName;
    if (differs && session.getProtocol() === 'TLSv1.3') return this.abandon('protocol');
    const facts = factsOf(session, hello, policy, this.owner.wall());
    if (facts === null) return this.abandon('client-certificate');
    this.state = 'over';
    session.off('error', this.onError);
    session.off('end', this.onEnd);
    this.peer.socket.off('close', this.onClose);
    this.owner.onDone(this, session, facts);
  }

  /** Ends it at once: Node sends no alert that we choose once OpenSSL has the connection. */
  private abandon(failure: HandshakeFailure): void {
    this.fail(failure, 'error');
    this.peer.socket.destroy();
  }

  /** Says a last word in the clear; what comes meanwhile is read away, so that no reset overtakes it. */
  private leave(word: Uint8Array): void {
    this.deadline = this.owner.now() + LINGER_MS;
    this.peer.socket.end(word);
  }

  private fail(failure: HandshakeFailure, reason: CloseReason): void {
    if (this.state === 'failed' || this.state === 'over') return;
    this.state = 'failed';
    this.reason = reason;
    this.owner.onFailed(failure);
  }
}

function ignore(): void {}

/** A method: three to twenty capitals and a space, or the first of them. */
function beginsAsHttp(bytes: Buffer): boolean {
  return /^[A-Z]{3,20} \S/.test(bytes.toString('latin1', 0, 24));
}

/** In the form of `ClientHello.serverName`. */
function askedName(session: TLSSocket): string | null {
  const { servername } = session as { servername?: string | false | null };
  if (typeof servername !== 'string' || isAddress(servername)) return null;
  return canonicalServerName(servername);
}

/**
 * Null when the client's certificate is missing where it must be, cannot be read in one way only, or has ended: OpenSSL does not look at that of a session that is
 * resumed, and whoever resumes is given a new ticket, so that a session could be kept for ever.
 */
function factsOf(session: TLSSocket, hello: ClientHello, policy: TlsPolicy, now: Timestamp): TlsFacts | null {
  const alpn = session.alpnProtocol || '';
  const facts = { serverName: hello.serverName ?? '', alpn, policy: policy.number, rule: policy.rule };
  const { clients } = policy;
  if (clients === null) return { ...facts, client: null, clientLines: '' };
  const shown = session.getPeerX509Certificate();
  if (shown === undefined && clients.mode === 'required') return null;
  if (shown !== undefined && now > shown.validToDate.getTime()) return null;
  try {
    const client = shown === undefined ? null : clientCertificate(shown);
    return { ...facts, client, clientLines: clients.headers ? clientCertificateLines(client) : '' };
  } catch {
    return null;
  }
}
