/**
 * What is remembered of an instance that may outlive us: one JSON file each (0600, written beside and renamed), so that a later life finds it again. A
 * record names one process of one boot of the machine by its id and the time of its start; any other process of the same id is none of ours.
 * Not synced: after a power cut there is no process that it could be about.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressPlan } from '../config/plan.ts';
import { readKernelFile } from './proc-file.ts';
import { isRunning } from './proc-stat.ts';

export interface InstanceRecord {
  readonly format: 1;
  readonly id: string;
  readonly service: string;
  readonly version: string;
  readonly pid: number;
  /** Of its start, since the machine's. */
  readonly startTicks: number;
  readonly bootId: string;
  readonly target: AddressPlan;
  /** Wall milliseconds. */
  readonly startedAtMs: number;
  /** Directories of its cgroup; empty = none. */
  readonly cgroups: readonly string[];
  readonly log: { readonly path: string; readonly fileBytes: number; readonly files: number };
  /** Removed after its end; null: it has none. */
  readonly socketDirectory: string | null;
}

/** All records of one directory. */
export class InstanceRecords {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** In place, without giving way to anything else: between the start of a process and its record nothing may come. */
  write(record: InstanceRecord): void {
    const path = this.#path(record.id);
    writeFileSync(`${path}.tmp`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  /** Those that can be read; what is broken or of another format is told and left alone. */
  read(trouble: (reason: string) => void): readonly InstanceRecord[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const path = join(this.#directory, name);
        try {
          assertOurs(path);
          return [parseRecord(readFileSync(path, 'utf8'))];
        } catch (error) {
          trouble(
            `${path}: ${(error as Error).message}; the instance that it is about, if it runs, is not known to Sluice: end it and remove the file`,
          );
          return [];
        }
      });
  }

  #path(id: string): string {
    return join(this.#directory, `${encodeURIComponent(id)}.json`);
  }
}

/** This boot of the machine. */
export function bootId(): string {
  return (readKernelFile('/proc/sys/kernel/random/boot_id') ?? '').trim();
}

/** Whether the process that the record is about still runs. */
export function isRecordAlive(record: InstanceRecord): boolean {
  return record.bootId === bootId() && isRunning(record.pid, record.startTicks);
}

/** @throws when somebody else wrote it, who could name processes that are none of ours. */
function assertOurs(path: string): void {
  const { uid } = statSync(path);
  if (uid !== process.getuid?.() && uid !== 0) throw new Error(`it belongs to another user (${uid})`);
}

function parseRecord(text: string): InstanceRecord {
  const record = JSON.parse(text) as InstanceRecord;
  if (record.format !== 1) throw new Error(`format ${String(record.format)} is not known, 1 is`);
  const isWhole =
    [record.id, record.service, record.version, record.bootId].every((value) => typeof value === 'string') &&
    Number.isInteger(record.pid) &&
    record.pid > 1 &&
    Number.isInteger(record.startTicks) &&
    (record.target?.kind === 'tcp' || record.target?.kind === 'unix') &&
    Array.isArray(record.cgroups) &&
    typeof record.log.path === 'string';
  if (!isWhole) throw new Error('it is not whole');
  return record;
}
