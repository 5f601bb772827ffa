/**
 * Who changed what through the admin API: the last 1,000 in memory, all of them as JSON lines in a file where one is named. The file's
 * disk may be full or slow: then lines are dropped, which is told as an event, and no request fails or waits. Requests that are refused are
 * counted, one entry a minute for each status, or a guesser would push everything else out. Names that sound like a secret are masked.
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import type { Timestamp } from '../base/time.ts';
import type { SayEvent } from '../control/say-event.ts';
import { type LogFile, openLogFile } from '../io/log-file.ts';
import type { AuditEntry, AuditNote, AuditTrail, Caller } from './bindings.ts';

export const ENTRIES_MAX = 1_000;
/** Of `before` and `after`, as JSON. */
const VALUE_CHARS_MAX = 4_096;
const TEXT_CHARS_MAX = 512;
const REFUSALS_WINDOW_MS = 60_000;
const PLACES_MAX = 10;
const SECRET_NAME = /secret|token|passw|credential|authorization|cookie|api[-_]?key|private[-_]?key/i;

interface Refusals {
  readonly since: Timestamp;
  count: number;
  readonly from: Set<string>;
}

export class AuditLog implements AuditTrail, AsyncDisposable {
  readonly #wall: () => Timestamp;
  readonly #say: SayEvent;
  /** Oldest first. */
  readonly #entries: AuditEntry[] = [];
  /** By status: what came after the one that was written. At most one for each status that refuses. */
  readonly #refusals = new Map<number, Refusals>();
  #nextId = 1;
  #file: LogFile | null = null;
  #path: string | null = null;

  constructor(wall: () => Timestamp, say: SayEvent) {
    this.#wall = wall;
    this.#say = say;
  }

  /** Writes to this file from now on; null: to none. A file that cannot be opened is told, and the rest goes on. */
  async follow(path: string | null): Promise<void> {
    if (path === this.#path) return;
    const old = this.#file;
    this.#path = path;
    this.#file = null;
    await old?.close();
    if (path === null) return;
    const onError = (error: Error): void => this.#say('error', 'audit-failed', { file: path, reason: error.message });
    const onDropped = (lines: number): void => this.#say('warn', 'audit-dropped', { file: path, lines });
    try {
      makePrivate(path);
      this.#file = await openLogFile({ target: path, onError, onDropped });
    } catch (error) {
      onError(error as Error);
      this.#path = null; // the next reload tries again
    }
  }

  /** After a rotation. */
  async reopen(): Promise<void> {
    if (this.#path === null || this.#file === null) return;
    try {
      makePrivate(this.#path);
    } catch (error) {
      this.#say('error', 'audit-failed', { file: this.#path, reason: (error as Error).message });
    }
    await this.#file.reopen();
  }

  write({ name }: Caller, note: AuditNote): void {
    const { action, target, before, after, outcome } = note;
    this.#add({
      id: this.#nextId++,
      at: this.#wall(),
      who: name,
      action: bounded(action),
      target: bounded(target),
      before: masked(before),
      after: masked(after),
      outcome: bounded(outcome),
    });
  }

  /** A request that was not let in. @param from Where it came from. */
  refused(status: number, from: string): void {
    const now = this.#wall();
    const known = this.#refusals.get(status);
    if (known !== undefined && now - known.since < REFUSALS_WINDOW_MS) {
      known.count++;
      if (known.from.size < PLACES_MAX) known.from.add(from);
      return;
    }
    this.#flush(status);
    this.#refusals.set(status, { since: now, count: 0, from: new Set() });
    this.#addRefusals(status, 1, [from]);
  }

  list(before: number | null, limit: number): readonly AuditEntry[] {
    for (const [status, { since }] of this.#refusals) if (this.#wall() - since >= REFUSALS_WINDOW_MS) this.#flush(status);
    const end = before === null ? this.#entries.length : this.#entries.findLastIndex(({ id }) => id < before) + 1;
    return this.#entries.slice(Math.max(0, end - limit), end).toReversed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const status of Array.from(this.#refusals.keys())) this.#flush(status);
    await this.#file?.close();
  }

  #flush(status: number): void {
    const refusals = this.#refusals.get(status);
    this.#refusals.delete(status);
    if (refusals !== undefined && refusals.count > 0) this.#addRefusals(status, refusals.count, Array.from(refusals.from));
  }

  #addRefusals(status: number, count: number, from: readonly string[]): void {
    const after = { status, count, from };
    this.#add({ id: this.#nextId++, at: this.#wall(), who: '', action: 'refused', target: '', before: null, after, outcome: `${status}` });
  }

  #add(entry: AuditEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > ENTRIES_MAX) this.#entries.shift();
    this.#file?.write(`${asciiJson(entry)}\n`);
  }
}

/** The same without what must not be read by others, and small. */
function masked(value: unknown): unknown {
  const json = JSON.stringify(value, (key, member: unknown) => (SECRET_NAME.test(key) && member !== null ? '***' : member));
  if (json === undefined) return null;
  return json.length > VALUE_CHARS_MAX ? `${json.slice(0, VALUE_CHARS_MAX)}…` : (JSON.parse(json) as unknown);
}

function bounded(text: string): string {
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text;
}

/** Log files count characters as bytes. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Only the user that Sluice runs as may read it, from the first moment on. @throws when it cannot be opened. */
function makePrivate(path: string): void {
  // Not blocking: a pipe that nobody reads would stop the whole program.
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK, 0o600);
  try {
    if (fstatSync(descriptor).isFile()) fchmodSync(descriptor, 0o600);
  } finally {
    closeSync(descriptor);
  }
}
