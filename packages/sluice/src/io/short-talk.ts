/**
 * A short conversation over a fresh socket: connect, send, read until an answer is found, close. What probes and agent checks are made of.
 * Names are resolved by `dns.lookup` for each talk (`net.connect` does it), so that a changed address is seen at the next one.
 */
import { connect, type Socket } from 'node:net';
import type { AddressPlan } from '../config/plan.ts';

export interface ShortTalk<T> {
  readonly address: AddressPlan;
  /** Sent once connected; empty sends nothing. */
  readonly send: string;
  readonly signal: AbortSignal;
  /** Called once connected; anything but null ends the talk. */
  connected?(): T | null;
  /** Called for each piece that arrives; anything but null ends the talk. */
  received?(bytes: Buffer): T | null;
  /** The other side closed before there was an answer. */
  ended?(): T;
}

/**
 * Holds the talk. Rejects when the connection fails, breaks or closes without an answer, when a callback throws, and with the signal's
 * reason when that is aborted. The socket is destroyed in every case.
 */
export async function holdShortTalk<T>(talk: ShortTalk<T>): Promise<T> {
  talk.signal.throwIfAborted();
  const socket = connect(talk.address.kind === 'unix' ? { path: talk.address.path } : { host: talk.address.host, port: talk.address.port });
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

function listen<T>(socket: Socket, talk: ShortTalk<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const attempt = (step: () => T | null): void => {
      try {
        const answer = step();
        if (answer !== null) resolve(answer);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    socket.on('error', reject);
    socket.on('connect', () => {
      if (talk.send !== '') socket.write(talk.send);
      attempt(() => talk.connected?.() ?? null);
    });
    socket.on('data', (bytes: Buffer) => attempt(() => talk.received?.(bytes) ?? null));
    socket.on('close', () => attempt(() => endOf(talk)));
  });
}

function endOf<T>(talk: ShortTalk<T>): T {
  if (talk.ended !== undefined) return talk.ended();
  throw new Error('connection closed without an answer');
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('called off');
}
