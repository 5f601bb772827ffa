/** A module of the user's, imported into this worker: once per version of its text, however many filters it has and however often a plan names it. */
import { isMainThread } from 'node:worker_threads';
import type { CustomSource } from '../../config/filters/custom-plan.ts';
import { findFilter } from '../../config/find-filter.ts';
import type { FilterFunction } from '../../core/filters/custom-filter.ts';
import { importFilterModule } from '../../io/config-module.ts';
import { containStrayErrors } from './stray-errors.ts';

/** Less than what a reload waits for. */
const LOAD_MS = 8_000;

/** By which its part is shared. */
export function moduleName({ path, version }: CustomSource): string {
  return `custom ${version} ${path}`;
}

export class CustomModule {
  private readonly source: CustomSource;
  private exports: Readonly<Record<string, unknown>> | null = null;
  private loading: Promise<void> | null = null;

  constructor(source: CustomSource) {
    this.source = source;
  }

  load(): Promise<void> {
    this.loading ??= this.import().catch((error: unknown) => {
      this.loading = null; // what failed once may be there the next time
      throw error;
    });
    return this.loading;
  }

  /** @throws Where there is no function. */
  find(source: CustomSource): FilterFunction {
    const found = this.exports === null ? null : findFilter(this.exports, source);
    if (typeof found === 'function') return found as FilterFunction;
    throw new Error(`${source.path} has no filter ${source.kind === 'module' ? `called ${source.export}` : `at ${source.key.join('.')}`}`);
  }

  private async import(): Promise<void> {
    const { path, version } = this.source;
    if (!isMainThread) containStrayErrors();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`${path} was not loaded within ${LOAD_MS / 1000} s`)), LOAD_MS);
    try {
      this.exports = await Promise.race([importFilterModule(path, version), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
