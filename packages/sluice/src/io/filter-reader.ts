/** Who reads the files that filters name. `plan-material.ts` is it. */
import type { Path } from '../config/fault.ts';
import type { FileState } from './file-state.ts';

export interface FilterReader {
  /** What relative paths are relative to. */
  readonly directory: string;
  /** The configuration's own file; null where it is not one. */
  readonly configPath: string | null;
  /** Says what is wrong with what stands at `path`. */
  fault(path: Path, what: string, hint?: string): void;
  /** A file that was read: the configuration is to be read again when it changes. */
  watch(file: string): Promise<FileState>;
}
