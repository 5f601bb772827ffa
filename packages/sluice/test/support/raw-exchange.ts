/** One connection driven bytewise, for what no HTTP client would send. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes as latin1 text or a buffer; a number is a pause in milliseconds. */
export type Piece = string | Buffer | number;

export interface RawOptions {
  /** Send FIN after the last piece. Default false. */
  readonly halfClose?: boolean;
  /** Destroy the connection with RST after the last piece. */
  readonly reset?: boolean;
  /** Ends the exchange when the reply so far satisfies it; otherwise it ends when the peer closes. */
  readonly until?: (text: string) => boolean;
  /** Bound of the whole exchange. Default 3 s. */
  readonly waitMs?: number;
}

export interface RawReply {
  readonly bytes: Buffer;
  /** latin1. */
  readonly text: string;
  /** How the peer ended it; `open` when it had not within the bound or `until` came first. */
  readonly ending: 'fin' | 'reset' | 'open';
  readonly elapsedMs: number;
}

/** Sends the pieces and gathers what comes back. A peer that closes early is no error: the rest is not sent. */
export function rawExchange(port: number, pieces: Piece | readonly Piece[], options: RawOptions = {}): Promise<RawReply> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (ending: RawReply['ending']): void => {
      clearTimeout(timer);
      socket.destroy();
      const bytes = Buffer.concat(chunks);
      resolve({ bytes, text: bytes.toString('latin1'), ending, elapsedMs: performance.now() - started });
    };
    const timer = setTimeout(() => finish('open'), options.waitMs ?? 3000);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size < 1024 * 1024 && options.until?.(Buffer.concat(chunks).toString('latin1')) === true) finish('open');
    });
    socket.on('end', () => finish('fin'));
    socket.on('error', () => finish('reset'));
    socket.on('connect', () => void send(socket, Array.isArray(pieces) ? pieces : [pieces as Piece], options));
  });
}

async function send(socket: ReturnType<typeof connect>, pieces: readonly Piece[], options: RawOptions): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (typeof piece === 'number') await sleep(piece);
    else if (socket.writable) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  }
  if (options.reset === true) socket.resetAndDestroy();
  else if (options.halfClose === true && socket.writable) socket.end();
}

/** The statuses of all replies in the text whose head is whole, interim ones included. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n/g)].map((match) => Number(match[1]));
}

/** Whether a reply is framed to its end: a client would take it for whole. Reads the last reply in the text. */
export function looksComplete(text: string, ending: RawReply['ending']): boolean {
  const start = text.lastIndexOf('HTTP/1.1 ');
  const headEnd = text.indexOf('\r\n\r\n', start);
  if (start < 0 || headEnd < 0) return false;
  const head = text.slice(start, headEnd).toLowerCase();
  const body = text.slice(headEnd + 4);
  if (head.includes('\r\ntransfer-encoding: chunked')) return body.endsWith('0\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/.exec(head);
  if (length !== null) return body.length >= Number(length[1]);
  return ending === 'fin';
}
