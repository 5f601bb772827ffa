/**
 * A short conversation over a fresh socket: connect, send, read until an answer is found, close. What probes and agent checks are made of.
 * Names are resolved by `dns.lookup` for each talk (`net.connect` does it), so that a changed address is seen at the next one.
 */
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tls as nodeTls } from './node-tls.ts';
import type { AddressPlan } from '../config/plan.ts';
import type { UpstreamTlsPlan } from '../config/tls-plan.ts';
import { connectionWords } from './upstream-words.ts';
import { upstreamName, upstreamTlsOptions } from './upstream-tls.ts';

/** Where to, and whether by TLS. */
export interface TalkTarget {
  readonly address: AddressPlan;
  /** Null: in the clear. */
  readonly tls: UpstreamTlsPlan | null;
}

export interface ShortTalk<T> extends TalkTarget {
  /** The only one that is spoken, by ALPN; default: what the other side likes. */
  readonly protocol?: string;
  /** Sent once connected; empty sends nothing. */
  readonly send: string | Uint8Array;
  readonly signal: AbortSignal;
  /** Called once connected; anything but null ends the talk. */
  connected?(): T | null;
  /** Called for each piece that arrives; anything but null ends the talk. `write` says something. */
  received?(bytes: Buffer, write: (bytes: Uint8Array) => void): T | null;
  /** The other side closed before there was an answer. */
  ended?(): T;
}

/**
 * Holds the talk. Rejects when the connection fails, breaks or closes without an answer, when a callback throws, and with the signal's
 * reason when that is aborted. The socket is destroyed in every case.
 */
export async function holdShortTalk<T>(talk: ShortTalk<T>): Promise<T> {
  talk.signal.throwIfAborted();
  const socket = open(talk, talk.protocol);
  const abort = (): void => void socket.destroy(reasonOf(talk.signal));
  talk.signal.addEventListener('abort', abort, { once: true });
  try {
    return await listen(socket, talk);
  } finally {
    talk.signal.removeEventListener('abort', abort);
    socket.on('error', () => {});
    socket.destroy();
  }
}

function open({ address, tls }: TalkTarget, protocol: string | undefined): Socket {
  const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  if (tls === null) return connect(where);
  return nodeTls().connect({ ...upstreamTlsOptions(tls, upstreamName(tls, address), protocol === undefined ? [] : [protocol]), ...where });
}

function listen<T>(socket: Socket, talk: ShortTalk<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let isOver = false;
    const attempt = (step: () => T | null): void => {
      // Most talks end by our own closing the socket: an error about that, which nobody sees, takes a fifteenth of a probe.
      if (isOver) return;
      try {
        const answer = step();
        if (answer === null) return;
        isOver = true;
        resolve(answer);
      } catch (error) {
        isOver = true;
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const write = (bytes: Uint8Array): void => void socket.write(bytes);
    socket.on('error', (error) => reject(named(error)));
    socket.on(talk.tls === null ? 'connect' : 'secureConnect', () => {
      attempt(() => {
        if (talk.tls !== null && talk.protocol !== undefined) checkProtocol(socket as TLSSocket, talk.protocol);
        if (talk.send.length > 0) socket.write(talk.send);
        return talk.connected?.() ?? null;
      });
    });
    socket.on('data', (bytes: Buffer) => attempt(() => talk.received?.(bytes, write) ?? null));
    socket.on('close', () => attempt(() => endOf(talk)));
  });
}

/** Our own reason to end the talk stays what it is. */
function named(error: Error): Error {
  const words = connectionWords(error);
  return words === error.message ? error : new Error(words, { cause: error });
}

function checkProtocol({ alpnProtocol }: TLSSocket, protocol: string): void {
  if (alpnProtocol !== protocol) throw new Error(`no ${protocol} by ALPN: it may speak HTTP/1.1 only, see \`protocol\` of the service`);
}

function endOf<T>(talk: ShortTalk<T>): T {
  if (talk.ended !== undefined) return talk.ended();
  throw new Error('connection closed without an answer');
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('called off');
}
