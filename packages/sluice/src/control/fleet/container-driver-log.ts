/**
 * The output of one container, followed through the engine and given on line by line. The engine keeps it (a bounded file), so nothing is lost while the
 * engine is away: reading goes on after the last line that was read. A flood is read at 4 MiB a second, of which 1 MiB is shown (`io/process-output.ts`);
 * what the engine's file has dropped by then is lost. The container itself never waits for us.
 */
import type { Readable } from 'node:stream';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { ContainerEngine } from '../../clients/container-engine/container-engine.ts';
import { LogFrames, type LogStream } from '../../clients/container-engine/log-frames.ts';
import { LineBudget, LineChunks } from '../../io/process-output.ts';
import type { InstanceWatch } from './runner.ts';

const BYTES_PER_SECOND_MAX = 4_194_304;
/** After the container's end its last lines are waited for. */
const LAST_LINES_MS = 1_000;
const AGAIN_MS = 1_000;
/** Longer than any time of an engine. */
const TIME_LENGTH_MAX = 40;
const SPACE = 32;

export interface ContainerLogOptions {
  readonly runtime: Runtime;
  readonly engine: ContainerEngine;
  readonly container: string;
  readonly line: InstanceWatch['line'];
  /** Lines before that are not read; wall milliseconds, 0 = all. */
  readonly fromMs: number;
}

export class ContainerLog {
  readonly #options: ContainerLogOptions;
  readonly #abort = new AbortController();
  readonly #budget: LineBudget;
  readonly #chunks = { stdout: new LineChunks(), stderr: new LineChunks() };
  /** The time of the last line, as the engine wrote it, and how many lines had it: engines may write whole seconds. */
  #last: string | null;
  #lastCount = 0;
  /** Since it was opened: lines of the time of the last one. */
  #repeated = 0;
  #isResuming = false;
  #isReading = false;
  #reading: Promise<void>;
  #cancelAgain: Cancel = () => {};

  constructor(options: ContainerLogOptions) {
    this.#options = options;
    this.#budget = new LineBudget({ line: options.line, now: () => options.runtime.clock.now() });
    this.#last = options.fromMs === 0 ? null : new Date(options.fromMs).toISOString();
    this.#reading = this.#read();
  }

  /** The container has ended: reads what is left. */
  async finish(): Promise<void> {
    this.#cancelAgain();
    // What was written while the engine was away, or since the stream broke.
    if (!this.#isReading) this.#reading = this.#read();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.runtime.timers.after(LAST_LINES_MS, resolve);
    await Promise.race([this.#reading, late]);
    cancel();
    for (const stream of ['stdout', 'stderr'] as const) this.#budget.take(stream, this.#chunks[stream].rest());
    this.#budget.end();
    this.close();
  }

  /** Reads no more. */
  close(): void {
    this.#abort.abort();
    this.#cancelAgain();
  }

  async #read(): Promise<void> {
    const { engine, container, runtime } = this.#options;
    const { signal } = this.#abort;
    const since = this.#last === null ? '0' : String(Math.floor(Date.parse(this.#last) / 1_000));
    this.#repeated = 0;
    this.#isResuming = this.#last !== null;
    this.#isReading = true;
    const stream = await engine.logs(container, since, signal).catch(() => null);
    if (stream !== null) await this.#readStream(stream);
    this.#isReading = false;
    if (signal.aborted) return;
    // Its end may be the container's, or the engine's: then there is more to come.
    this.#cancelAgain = runtime.timers.after(AGAIN_MS, () => {
      this.#reading = this.#read();
    });
  }

  #readStream(stream: Readable): Promise<void> {
    const frames = new LogFrames((name, frame) => this.#take(name, frame));
    const { timers } = this.#options.runtime;
    let bytes = 0;
    const cancel = timers.every(1_000, () => {
      bytes = 0;
      stream.resume();
    });
    stream.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      bytes += chunk.length;
      if (bytes > BYTES_PER_SECOND_MAX) stream.pause();
    });
    return new Promise((resolve) => {
      stream.once('close', () => {
        cancel();
        resolve();
      });
    });
  }

  #take(stream: LogStream, frame: Buffer): void {
    const space = frame.subarray(0, TIME_LENGTH_MAX).indexOf(SPACE);
    if (space === -1) return;
    const time = frame.toString('latin1', 0, space);
    if (this.#isResuming && this.#isRepeated(time)) return;
    this.#lastCount = time === this.#last ? this.#lastCount + 1 : 1;
    this.#last = time;
    const lines = this.#chunks[stream].push(frame.subarray(space + 1));
    if (lines.length > 0) this.#budget.take(stream, lines);
  }

  /** Whether the line was read before the stream was opened anew. */
  #isRepeated(time: string): boolean {
    const last = this.#last!;
    if (time === last && this.#repeated < this.#lastCount) {
      this.#repeated++;
      return true;
    }
    if (time !== last && compareTimes(time, last) < 0) return true;
    this.#isResuming = false;
    return false;
  }
}

/** Milliseconds decide; within one, the digits. */
function compareTimes(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b) || (a < b ? -1 : 1);
}
