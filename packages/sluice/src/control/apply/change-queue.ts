/**
 * One change at a time. What is asked for while one runs is joined into a single next one (the last wins: it reads the world when it
 * starts), and all who asked get its result. So a storm of signals or file events costs two changes, not a hundred.
 */

/** What a change is to look at anew. */
export interface ChangeScope {
  /** The configuration itself, not only the endpoints that providers found. */
  readonly reload: boolean;
}

interface Waiting<Result> {
  reload: boolean;
  readonly settle: PromiseWithResolvers<Result>;
}

export class ChangeQueue<Result> {
  readonly #run: (scope: ChangeScope) => Promise<Result>;
  #next: Waiting<Result> | null = null;
  #running: Promise<void> | null = null;

  constructor(run: (scope: ChangeScope) => Promise<Result>) {
    this.#run = run;
  }

  /** Asks for a change; resolves with the result of the one that covers it. */
  request(scope: ChangeScope): Promise<Result> {
    this.#next ??= { reload: false, settle: Promise.withResolvers<Result>() };
    this.#next.reload ||= scope.reload;
    const { promise } = this.#next.settle;
    this.#running ??= this.#work();
    return promise;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #work(): Promise<void> {
    // Let those who ask in the same turn join.
    await Promise.resolve();
    for (let job = this.#next; job !== null; job = this.#next) {
      this.#next = null;
      try {
        job.settle.resolve(await this.#run({ reload: job.reload }));
      } catch (error) {
        job.settle.reject(error);
      }
    }
    this.#running = null;
  }
}
