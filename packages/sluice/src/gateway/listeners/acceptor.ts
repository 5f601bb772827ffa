/** An address that one worker listens on. Each worker has its own socket on the same address (SO_REUSEPORT); the kernel spreads connections. */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressPlan } from '../../config/plan.ts';

const BACKLOG = 4096;
/** Turns of the event loop that a closing listener waits at most for a quiet one. */
const QUIET_LOOKS = 100;

export interface AcceptorOptions {
  readonly address: AddressPlan;
  /** Whether other workers listen on the same port. */
  readonly sharesPort: boolean;
  /** Takes a connection; not before `serve`. */
  readonly onSocket: (socket: Socket) => void;
  /** Whether each connection gets TCP_NODELAY and SO_KEEPALIVE at once: two system calls that those of layer 4 do when they need them. */
  readonly isTuned: boolean;
  readonly onError: (error: Error) => void;
}

export class Acceptor {
  private readonly options: AcceptorOptions;
  private server: Server | null = null;
  /** Connections that came before the plan was in force; null once it is. */
  private early: Socket[] | null = [];
  private accepted = 0;

  constructor(options: AcceptorOptions) {
    this.options = options;
  }

  /** Opens the address; who connects waits for `serve`. Rejects with the system's error when it is taken. */
  async start(): Promise<void> {
    const { address, sharesPort, isTuned } = this.options;
    const server = createServer({ allowHalfOpen: true, noDelay: isTuned, keepAlive: isTuned, highWaterMark: 64 * 1024 }, (socket) =>
      this.accept(socket),
    );
    this.server = server;
    const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port, reusePort: sharesPort };
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', this.options.onError);
  }

  /** The plan is in force: connections are served from now on. */
  serve(): void {
    const early = this.early ?? [];
    this.early = null;
    for (const socket of early) if (!socket.destroyed) this.accept(socket);
  }

  /**
   * Closes the listening socket at a moment when nothing waits in its queue: what waits there is reset by the kernel. A look at the end of a turn comes
   * right after everything that waited was accepted; when that was nothing, the queue is as empty as it can be seen to be.
   * (`net.ipv4.tcp_migrate_req=1` lets the kernel hand even the rest to another worker.)
   */
  stop(looks: number = QUIET_LOOKS): void {
    const before = this.accepted;
    setImmediate(() => {
      if (this.accepted !== before && looks > 0) return this.stop(looks - 1);
      this.server?.close();
      this.server = null;
    });
  }

  /** Closes at once. */
  close(): void {
    this.server?.close();
    this.server = null;
    for (const socket of this.early ?? []) socket.destroy();
  }

  private accept(socket: Socket): void {
    if (this.early !== null) {
      this.early.push(socket);
      socket.on('error', () => socket.destroy());
      return;
    }
    this.accepted++;
    this.options.onSocket(socket);
  }
}
