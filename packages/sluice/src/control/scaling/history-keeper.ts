/**
 * Keeps what forecasts are made from over restarts: a file per service in the fleet's directory, written whole every 10 minutes and at the end, mode 0600. A file that cannot be
 * used is said once and begun anew: a forecast only ever adds instances. At most some 200 kB each.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine } from '../../config/fault.ts';
import type { HistoryExport } from '../../core/scaling/minute-history.ts';
import { ensurePrivateDirectory, writeWhole } from '../../io/private-files.ts';
import type { SayEvent } from '../say-event.ts';

export interface HistoryKeeperOptions {
  /** Null: nothing is kept. */
  readonly directory: () => string | null;
  readonly say: SayEvent;
}

const BYTES_MAX = 1_048_576;
const FOLDER = 'forecast';

export class HistoryKeeper {
  readonly #options: HistoryKeeperOptions;
  #isFailing = false;

  constructor(options: HistoryKeeperOptions) {
    this.#options = options;
  }

  /** What was kept of a service; null = nothing that can be used. */
  async load(service: string): Promise<HistoryExport | null> {
    const directory = this.#options.directory();
    if (directory === null) return null;
    const path = fileOf(directory, service);
    try {
      if ((await stat(path)).size > BYTES_MAX) throw new Error(`it is larger than ${BYTES_MAX} bytes`);
      return historyIn(await readFile(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.unusable(service, firstLine(error));
      return null;
    }
  }

  /** Says that what was kept of a service is of no use. */
  unusable(service: string, reason: string): void {
    this.#options.say('warn', 'forecast-history', { service, reason: `${reason}; it begins anew` });
  }

  /** Writes them, one after the other. */
  async save(histories: Iterable<readonly [service: string, history: HistoryExport]>): Promise<void> {
    const directory = this.#options.directory();
    if (directory === null) return;
    try {
      for (const [service, history] of histories) {
        await ensurePrivateDirectory(join(directory, FOLDER));
        await writeWhole(fileOf(directory, service), JSON.stringify(history));
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#options.say('warn', 'forecast-history', { reason: `cannot be written: ${firstLine(error)}` });
      this.#isFailing = true;
    }
  }
}

/** Names of services are letters, digits and `-_.`. */
function fileOf(directory: string, service: string): string {
  return join(directory, FOLDER, `${service}.json`);
}

/** Its figures are checked by whoever takes it in. @throws {Error} when it is none. */
function historyIn(text: string): HistoryExport {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('values' in value) || !Array.isArray(value.values))
    throw new Error('it is no history');
  return value as HistoryExport;
}
