/**
 * The secrets that session tickets' keys are derived from: made here, the same in all workers, changed every 12 hours, and never written anywhere: who takes the
 * machine's memory can read the sessions of a day, not those of a year. The next one is told before it is used, since workers change at slightly different times.
 */
import type { Cancel, Timers } from '../../base/runtime.ts';
import type { TicketSecrets } from '../../config/worker-protocol.ts';

/** How often the secret changes. Tickets of the one before are honoured: a session can be resumed for 12 to 24 hours. */
export const TICKETS_CHANGE_MS = 12 * 3_600_000;
const SECRET_BYTES = 48;

export interface TicketRotationOptions {
  readonly timers: Timers;
  /** Fit for keys. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly changed: (secrets: TicketSecrets) => void;
}

export class TicketRotation {
  readonly #options: TicketRotationOptions;
  #secrets: TicketSecrets;
  #cancel: Cancel | null = null;

  constructor(options: TicketRotationOptions) {
    this.#options = options;
    this.#secrets = { current: this.#fresh(), previous: null, next: this.#fresh() };
  }

  get secrets(): TicketSecrets {
    return this.#secrets;
  }

  start(): void {
    this.#cancel ??= this.#options.timers.every(TICKETS_CHANGE_MS, () => this.#change());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #change(): void {
    const { current, next } = this.#secrets;
    this.#secrets = { current: next ?? this.#fresh(), previous: current, next: this.#fresh() };
    this.#options.changed(this.#secrets);
  }

  #fresh(): Uint8Array {
    return this.#options.randomBytes(SECRET_BYTES);
  }
}
