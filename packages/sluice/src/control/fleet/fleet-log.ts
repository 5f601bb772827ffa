/**
 * The last lines that instances wrote, for `sluice logs`: a ring per instance, bounded in lines and characters, and those who follow. A follower that reads too slowly misses the oldest lines and is told how many; it never
 * holds anybody up. Instances that are gone are kept for a while: their last words say why.
 */
import type { Timestamp } from '../../base/time.ts';
import type { LogLine, LogQuery } from './fleet-request.ts';

const LINES_MAX = 1_000;
const CHARACTERS_MAX = 262_144;
const LINE_MAX = 8_192;
const INSTANCES_MAX = 200;
const PENDING_MAX = 1_000;

interface NumberedLine extends LogLine {
  /** Lines of all instances in the order in which they came. */
  readonly number: number;
}

export class FleetLog {
  /** By instance, the one that wrote last at the end. */
  readonly #rings = new Map<string, LineRing>();
  readonly #followers = new Set<Follower>();
  #count = 0;

  add(instance: string, stream: LogLine['stream'], text: string, at: Timestamp): void {
    const line = { instance, stream, at, text: text.length > LINE_MAX ? `${text.slice(0, LINE_MAX)}…` : text, number: this.#count++ };
    const ring = this.#rings.get(instance) ?? new LineRing();
    this.#rings.delete(instance);
    this.#rings.set(instance, ring);
    ring.add(line);
    if (this.#rings.size > INSTANCES_MAX) this.#rings.delete(this.#rings.keys().next().value!);
    for (const follower of this.#followers) follower.add(line);
  }

  has(instance: string): boolean {
    return this.#rings.has(instance);
  }

  /** The last lines, then, where asked for, each new one until the signal aborts. Registered at once, so that none is lost in between. */
  read(query: LogQuery): AsyncIterable<LogLine> {
    const last = this.#last(query);
    if (!query.follow || query.signal.aborted) return listed(last);
    const follower = new Follower(query.instance);
    this.#followers.add(follower);
    query.signal.addEventListener('abort', () => this.#leave(follower), { once: true });
    return this.#follow(last, follower);
  }

  /** Nobody follows any more. */
  close(): void {
    for (const follower of this.#followers) this.#leave(follower);
  }

  #last({ instance, lines }: LogQuery): readonly LogLine[] {
    const rings = instance === null ? [...this.#rings.values()] : [this.#rings.get(instance)].filter((ring) => ring !== undefined);
    const all = rings.flatMap((ring) => ring.lines).sort((left, right) => left.number - right.number);
    return lines <= 0 ? [] : all.slice(-lines).map(plain);
  }

  async *#follow(last: readonly LogLine[], follower: Follower): AsyncGenerator<LogLine> {
    try {
      yield* last;
      for (let lines = await follower.take(); lines !== null; lines = await follower.take()) yield* lines;
    } finally {
      this.#leave(follower);
    }
  }

  #leave(follower: Follower): void {
    this.#followers.delete(follower);
    follower.end();
  }
}

class LineRing {
  lines: NumberedLine[] = [];
  #characters = 0;

  add(line: NumberedLine): void {
    this.lines.push(line);
    this.#characters += line.text.length;
    // A quarter at a time, so that a line costs no copy of all others.
    if (this.lines.length > LINES_MAX * 1.25 || this.#characters > CHARACTERS_MAX) this.#trim();
  }

  #trim(): void {
    let drop = Math.max(0, this.lines.length - LINES_MAX);
    let characters = this.#characters - sum(this.lines.slice(0, drop));
    while (characters > CHARACTERS_MAX * 0.75 && drop < this.lines.length - 1) characters -= this.lines[drop++]!.text.length;
    this.lines = this.lines.slice(drop);
    this.#characters = characters;
  }
}

class Follower {
  readonly #instance: string | null;
  #pending: LogLine[] = [];
  #missed = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(instance: string | null) {
    this.#instance = instance;
  }

  add(line: NumberedLine): void {
    if (this.#instance !== null && this.#instance !== line.instance) return;
    if (this.#pending.length >= PENDING_MAX) {
      this.#pending.shift();
      this.#missed++;
    }
    this.#pending.push(plain(line));
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** What came since; waits for something. @returns null at the end. */
  async take(): Promise<readonly LogLine[] | null> {
    if (this.#pending.length === 0 && !this.#isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    const lines = this.#pending;
    if (lines.length === 0) return null;
    this.#pending = [];
    const missed = this.#missed;
    this.#missed = 0;
    return missed === 0
      ? lines
      : [{ ...lines[0]!, stream: 'stderr', text: `(${missed} lines were left out: they came faster than they were read)` }, ...lines];
  }
}

async function* listed(lines: readonly LogLine[]): AsyncGenerator<LogLine> {
  yield* lines;
}

function plain({ instance, stream, at, text }: NumberedLine): LogLine {
  return { instance, stream, at, text };
}

function sum(lines: readonly LogLine[]): number {
  return lines.reduce((total, { text }) => total + text.length, 0);
}
