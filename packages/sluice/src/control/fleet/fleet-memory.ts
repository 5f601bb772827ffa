/**
 * Keeps the versions of each service over restarts, so that instances that are found again are known for what they run, and the number that a person fixed: a file of each per
 * service in the fleet's directory. They hold the environment of instances, which may be secret: mode 0600 in a directory of 0700, written whole. Written at a deploy and by
 * `sluice scale` only.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine } from '../../config/fault.ts';
import type { RunPlan } from '../../config/fleet-plan.ts';
import { ensurePrivateDirectory, writeWhole } from '../../io/private-files.ts';
import type { SayEvent } from '../say-event.ts';
import type { Version } from './runner.ts';

/** What is kept of a service. */
export interface VersionRecord {
  /** In the order in which they were current, the current one last. */
  readonly versions: readonly Version[];
  /** What the configuration said then. */
  readonly configured: RunPlan;
}

export interface VersionMemory {
  load(service: string): Promise<VersionRecord | null>;
  save(service: string, record: VersionRecord): void;
  /** Everything is written. */
  settled(): Promise<void>;
}

export interface FleetMemory extends VersionMemory {
  /** The number of instances that was fixed; null: none, or none is known. */
  fixed(service: string): Promise<number | null>;
  /** @param count Null: the policies decide again. */
  fix(service: string, count: number | null): void;
}

/** For instances that end with Sluice. */
export const NO_MEMORY: FleetMemory = {
  load: () => Promise.resolve(null),
  save: () => {},
  fixed: () => Promise.resolve(null),
  fix: () => {},
  settled: () => Promise.resolve(),
};

const FOLDER = 'versions';
const NUMBERS_FOLDER = 'numbers';
const COUNT_MAX = 1_000;
const BYTES_MAX = 1_048_576;

export class FileMemory implements FleetMemory {
  readonly #directory: string;
  readonly #numbers: string;
  readonly #say: SayEvent;
  /** Writes follow each other. */
  #written: Promise<void> = Promise.resolve();

  constructor(directory: string, say: SayEvent) {
    this.#directory = join(directory, FOLDER);
    this.#numbers = join(directory, NUMBERS_FOLDER);
    this.#say = say;
  }

  async load(service: string): Promise<VersionRecord | null> {
    await this.#written;
    const path = this.#pathOf(service);
    try {
      const { size, uid } = await stat(path);
      if (size > BYTES_MAX) throw new Error(`the file is larger than ${BYTES_MAX} bytes`);
      // What it says is run.
      if (uid !== process.getuid?.() && uid !== 0) throw new Error(`the file belongs to another user (${uid})`);
      return recordIn(await readFile(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#warn(service, `cannot be read and are begun anew: ${firstLine(error)}`);
      return null;
    }
  }

  save(service: string, record: VersionRecord): void {
    this.#written = this.#written
      .then(() => ensurePrivateDirectory(this.#directory))
      .then(() => writeWhole(this.#pathOf(service), JSON.stringify(record)))
      .catch((error: unknown) => this.#warn(service, `cannot be written: ${firstLine(error)}`));
  }

  async fixed(service: string): Promise<number | null> {
    await this.#written;
    try {
      const text = await readFile(this.#numberPathOf(service), 'utf8');
      if (/^\d{1,4}$/.test(text) && Number(text) <= COUNT_MAX) return Number(text);
      throw new Error(`it is no whole number 0..${COUNT_MAX}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#warn(service, `the number that was fixed cannot be read: ${firstLine(error)}`);
      return null;
    }
  }

  fix(service: string, count: number | null): void {
    const path = this.#numberPathOf(service);
    this.#written = this.#written
      .then(() => ensurePrivateDirectory(this.#numbers))
      .then(() => (count === null ? rm(path, { force: true }) : writeWhole(path, String(count))))
      .catch((error: unknown) => this.#warn(service, `the number that was fixed cannot be written: ${firstLine(error)}`));
  }

  settled(): Promise<void> {
    return this.#written;
  }

  #numberPathOf(service: string): string {
    return join(this.#numbers, service);
  }

  /** Names of services are letters, digits and `-_.`. */
  #pathOf(service: string): string {
    return join(this.#directory, `${service}.json`);
  }

  #warn(service: string, reason: string): void {
    this.#say('warn', 'versions-kept', { service, reason });
  }
}

/** We wrote it, and nobody else may. @throws {Error} when it is none. */
function recordIn(text: string): VersionRecord {
  const value = JSON.parse(text) as Partial<VersionRecord> | null;
  if (!Array.isArray(value?.versions) || value.versions.length === 0 || typeof value.configured !== 'object')
    throw new Error('it is no record of versions');
  return value as VersionRecord;
}
