/** Debian's redis-server on a port of the loopback, with nothing on disk; it can be killed, stopped for a while, and started again on the same port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '../../src/io/ports.ts';
import { eventually } from './waiting.ts';

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class ValkeyServer implements AsyncDisposable {
  readonly port: number;
  readonly #words: readonly string[];
  #child: ChildProcess | null = null;

  /** @param words More of its options: `--requirepass`, `secret`; those named twice count as named last. */
  static async start(words: (port: number) => readonly string[] = () => []): Promise<ValkeyServer> {
    const port = await freePort('127.0.0.1');
    const server = new ValkeyServer(port, words(port));
    await server.start();
    return server;
  }

  private constructor(port: number, words: readonly string[]) {
    this.port = port;
    this.#words = words;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...this.#words];
    const child = spawn('redis-server', words, { stdio: 'ignore' });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    await eventually(10_000, 'redis-server listens', () => this.#answers());
  }

  /** SIGKILL: it ends in the middle of whatever it does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** It keeps its connections, and the kernel takes new ones for it, but nobody answers. */
  stop(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
  }
}
