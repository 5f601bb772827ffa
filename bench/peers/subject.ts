/** A proxy under measurement: what the rows need to know of it. */
import type { Origin } from '../origin.ts';
import type { Started } from '../processes.ts';

/** What the client speaks with the proxy, and the proxy with the backend: gRPC is HTTP/2 on both sides, the others HTTP/1.1 behind. */
export type Protocol = 'http' | 'tls' | 'http2' | 'grpc' | 'websocket' | 'tcp';

/** What a row wants of a proxy. */
export interface SubjectOptions {
  readonly origin: Origin;
  /** How it reaches the backend. */
  readonly upstream: 'tcp' | 'unix';
  /** Threads or processes that serve; 1 unless the row is about more. */
  readonly workers: number;
  /** Forwards and nothing else: no header is added. By default nginx and HAProxy say the same as Sluice:
   *  X-Forwarded-For, -Proto and -Host, Via and X-Request-Id to the origin, Via to the client. */
  readonly isBare?: boolean;
  /** `http` when absent. */
  readonly protocol?: Protocol;
}

/** The same proxy without the added headers, for the rows where a header more can be seen. */
export function bare(kind: SubjectKind): SubjectKind {
  const name = `${kind.name}, bare`;
  return {
    name,
    rows: ['small', 'unix'],
    version: () => kind.version(),
    start: async (options) => ({ ...(await kind.start({ ...options, isBare: true })), name }),
  };
}

/** A running proxy. CPU and memory are those of `started.pid` and its descendants. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly started: Started;
}

export interface SubjectKind {
  readonly name: string;
  /** Only in these rows; all when absent. */
  readonly rows?: readonly string[];
  /** What it is set up for beside `http`. */
  readonly protocols?: readonly Protocol[];
  /** One line for the report; null when it is not installed. */
  version(): string | null;
  start(options: SubjectOptions): Promise<Subject>;
}
