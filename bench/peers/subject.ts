/** A proxy under measurement: what the rows need to know of it. */
import type { Origin } from '../origin.ts';
import type { Started } from '../processes.ts';

/** What a row wants of a proxy. */
export interface SubjectOptions {
  readonly origin: Origin;
  /** How it reaches the backend. */
  readonly upstream: 'tcp' | 'unix';
  /** Threads or processes that serve; 1 unless the row is about more. */
  readonly workers: number;
}

/** A running proxy. CPU and memory are those of `started.pid` and its descendants. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly started: Started;
}

export interface SubjectKind {
  readonly name: string;
  /** One line for the report; null when it is not installed. */
  version(): string | null;
  start(options: SubjectOptions): Promise<Subject>;
}
