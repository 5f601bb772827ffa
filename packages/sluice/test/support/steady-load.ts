/**
 * Continuous load on raw sockets, one request in flight per lane, where everything but a whole 200 is a failure with its lane and reason.
 * A reply that says `Connection: close` is obeyed; a connection that closes without having said so is a failure when a request was on it.
 */
import { connect, type Socket } from 'node:net';

export interface SteadyLoadOptions {
  readonly port: number;
  readonly path?: string;
  readonly connections: number;
  /** Of every lane's requests; `false` opens a connection for each request. A function decides by lane. Default true. */
  readonly reuse?: (lane: number) => boolean;
  /** Pause between two requests of a lane. Default none. */
  readonly pauseMs?: number;
}

export interface SteadyCounts {
  requests: number;
  /** Connections opened. */
  opened: number;
  /** `isFirst`: no request had been answered on its connection before. */
  readonly failures: { readonly lane: number; readonly reason: string; readonly isFirst: boolean }[];
  /** Replies by body. */
  readonly bodies: Map<string, number>;
}

export interface SteadyLoad {
  readonly counts: SteadyCounts;
  /** Resolves when this many more requests have ended. */
  more(requests: number): Promise<void>;
  stop(): Promise<SteadyCounts>;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly closes: boolean;
}

/** One client connection. */
class Lane {
  private readonly socket: Socket;
  private text = '';
  private settle: ((outcome: Reply | string) => void) | null = null;
  isOpen = true;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => this.onText(chunk.toString('latin1')));
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.fail(error.code ?? error.message));
    this.socket.on('end', () => this.fail('closed'));
    this.socket.on('close', () => this.fail('closed'));
  }

  exchange(path: string, closes: boolean): Promise<Reply | string> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.fail('no reply in 10 s'), 10_000);
      this.settle = (outcome) => {
        clearTimeout(timer);
        this.settle = null;
        resolve(outcome);
      };
      this.text = '';
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${closes ? 'Connection: close\r\n' : ''}\r\n`);
    });
  }

  close(): void {
    this.isOpen = false;
    this.socket.destroy();
  }

  private onText(text: string): void {
    this.text += text;
    const headEnd = this.text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.text.slice(0, headEnd).toLowerCase();
    const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
    if (this.text.length < headEnd + 4 + length) return;
    const body = this.text.slice(headEnd + 4, headEnd + 4 + length);
    this.settle?.({ status: Number(head.slice(9, 12)), body, closes: /\r\nconnection: close/.test(head) });
  }

  private fail(reason: string): void {
    this.isOpen = false;
    this.socket.destroy();
    this.settle?.(this.text === '' ? reason : `${reason} inside a reply`);
  }
}

/** Starts the load. */
export function startSteadyLoad(options: SteadyLoadOptions): SteadyLoad {
  const counts: SteadyCounts = { requests: 0, opened: 0, failures: [], bodies: new Map() };
  const waiters = new Set<{ readonly at: number; readonly reached: () => void }>();
  let isRunning = true;

  const runLane = async (lane: number): Promise<void> => {
    const reuses = options.reuse?.(lane) ?? true;
    let connection: Lane | null = null;
    let isFirst = true;
    while (isRunning) {
      if (connection === null || !connection.isOpen) {
        connection = new Lane(options.port);
        counts.opened++;
        isFirst = true;
      }
      const outcome = await connection.exchange(options.path ?? '/', !reuses);
      counts.requests++;
      if (typeof outcome === 'string') counts.failures.push({ lane, reason: outcome, isFirst });
      else if (outcome.status !== 200) counts.failures.push({ lane, reason: `status ${outcome.status}`, isFirst });
      else counts.bodies.set(outcome.body, (counts.bodies.get(outcome.body) ?? 0) + 1);
      isFirst = false;
      if (typeof outcome === 'string' || outcome.closes || !reuses) connection.close();
      for (const waiter of waiters) if (counts.requests >= waiter.at) waiter.reached();
      if (options.pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
    }
    connection?.close();
  };

  const lanes = Array.from({ length: options.connections }, (_, lane) => runLane(lane));
  return {
    counts,
    more: (requests) => new Promise((resolve) => waiters.add({ at: counts.requests + requests, reached: resolve })),
    async stop() {
      isRunning = false;
      await Promise.all(lanes);
      return counts;
    },
  };
}

/** Failures in words, for an assertion's message. */
export function describeFailures(counts: SteadyCounts): string {
  const kinds = new Map<string, number>();
  for (const { reason } of counts.failures) kinds.set(reason, (kinds.get(reason) ?? 0) + 1);
  return `${counts.failures.length} of ${counts.requests} failed: ${[...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ')}`;
}
