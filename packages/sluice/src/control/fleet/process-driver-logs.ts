/**
 * Log files of instances that are gone: the last ones are kept, for their last words. Every new instance has a new name and so a new file, and a service that
 * scales out and in for months has thousands; the oldest of this life of Sluice go.
 */
import { rm } from 'node:fs/promises';

interface UsedLog {
  readonly path: string;
  /** Old ones beside it. */
  readonly files: number;
}

export class KeptLogs {
  readonly #max: number;
  /** By path: instances that write to it. */
  readonly #users = new Map<string, number>();
  /** Of instances that are gone, the oldest first: how many old ones each has. */
  readonly #ended = new Map<string, number>();

  /** @param max Files of instances that are gone, each with its old ones. */
  constructor(max = 200) {
    this.#max = max;
  }

  /** An instance writes to it. */
  take({ path }: UsedLog): void {
    this.#users.set(path, (this.#users.get(path) ?? 0) + 1);
    this.#ended.delete(path);
  }

  /** It does not any more. Rejects when the file that has to go for it cannot be removed. */
  async giveBack({ path, files }: UsedLog): Promise<void> {
    const users = (this.#users.get(path) ?? 1) - 1;
    if (users > 0) return void this.#users.set(path, users);
    this.#users.delete(path);
    this.#ended.delete(path);
    this.#ended.set(path, files);
    if (this.#ended.size <= this.#max) return;
    const [oldest, old] = this.#ended.entries().next().value!;
    this.#ended.delete(oldest);
    for (let number = 0; number <= old; number++) await rm(number === 0 ? oldest : `${oldest}.${number}`, { force: true });
  }
}
