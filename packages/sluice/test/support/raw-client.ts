/** A client's connection that a test drives step by step: writes bytes, waits for what comes back, may stop reading. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { within } from './waiting.ts';

const WAIT_MS = 3_000;

export class RawClient {
  readonly socket: Socket;
  /** Everything received, as latin1. */
  text = '';
  /** How the peer ended it; `open` while it has not. */
  ending: 'open' | 'fin' | 'reset' = 'open';
  private readonly looks = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.look();
    });
    socket.on('end', () => this.end('fin'));
    socket.on('error', () => this.end('reset'));
    socket.on('close', () => this.end('reset'));
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const client = new RawClient(socket);
    await within(WAIT_MS, 'the client is connected', once(socket, 'connect'));
    return client;
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Resolves when what was received satisfies it. */
  async until(what: string, holds: (text: string) => boolean): Promise<string> {
    await within(
      WAIT_MS,
      `${what}; got ${JSON.stringify(this.text.slice(-300))}`,
      this.when(() => holds(this.text)),
    );
    return this.text;
  }

  /** Resolves with how the peer ended it. */
  async ended(): Promise<'fin' | 'reset'> {
    await within(
      WAIT_MS,
      'the peer ends the connection',
      this.when(() => this.ending !== 'open'),
    );
    return this.ending as 'fin' | 'reset';
  }

  /** Sends a request and gives the text of what came until `holds`; forgets what came before. */
  async ask(request: string, holds: (text: string) => boolean): Promise<string> {
    this.text = '';
    this.write(request);
    return await this.until(request.slice(0, 60), holds);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private when(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.looks.delete(check);
        resolve();
      };
      this.looks.add(check);
      check();
    });
  }

  private end(how: 'fin' | 'reset'): void {
    if (this.ending === 'open') this.ending = how;
    this.look();
  }

  private look(): void {
    for (const look of this.looks) look();
  }
}
