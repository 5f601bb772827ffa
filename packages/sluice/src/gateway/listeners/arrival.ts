/** A connection when its first request can come: who is there, and what was agreed on the way in. */
import type { Socket } from 'node:net';
import type { CloseReason } from '../../observe/metric-layout.ts';
import type { Sweepable } from '../sweeper.ts';

/** A client's connection as its listener sees it, from the accept to the close. */
export interface ClientConnection extends Sweepable {
  /** Nothing was received that is not answered, and all answers have left. */
  readonly isIdle: boolean;
  /** A drain has begun: what is answered next says that it is the last. */
  announceClose(): void;
  /** Ends it whatever is under way. */
  cut(reason: CloseReason): void;
}

/** Who has a client's connection. `http-listener.ts` is it. */
export interface ConnectionOwner {
  /** It is gone. */
  onClosed(connection: ClientConnection, reason: CloseReason): void;
}

export interface Arrival {
  /** What requests are read from: the connection itself, or the TLS session on it. */
  readonly socket: Socket;
  /** The connection itself, also beneath TLS: it alone can be reset. */
  readonly transport: Socket;
  /** Address of the client, without port: the peer's, or the one that its PROXY header names. Undefined on a unix socket. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** Null in the clear. */
  readonly tls: TlsFacts | null;
}

/** What the handshake told. */
export interface TlsFacts {
  /** Lower case; empty when the client named none. */
  readonly serverName: string;
  /** Agreed by ALPN; empty when nothing was. */
  readonly alpn: string;
  /** Which rules it came in by: a request for a name that has others is 421 (RFC 9110 §15.5.20). */
  readonly policy: number;
  /** The part of them that is about the client's certificate. */
  readonly rule: string;
  /** Null where none was asked for, or none was shown. */
  readonly client: ClientCertificate | null;
  /** Field lines that tell the service of it, each with CRLF; empty where it is not told. */
  readonly clientLines: string;
}

/** A verified certificate of the client. */
export interface ClientCertificate {
  /** RFC 4514. */
  readonly subject: string;
  /** As in `DNS:alice.example.com`, `URI:spiffe://…`. */
  readonly names: readonly string[];
  /** SHA-256, lower-case hexadecimal. */
  readonly fingerprint: string;
}
