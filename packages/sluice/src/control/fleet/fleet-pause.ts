/** Requests of one service held back (`sluice pause`), until somebody resumes or the deadline has come. */
import { durationText } from '../../base/duration.ts';
import type { Cancel } from '../../base/runtime.ts';
import { after, type Instant } from '../../base/time.ts';
import { type FleetResult, ok, refused } from './fleet-request.ts';
import type { FleetWorld } from './fleet-world.ts';

export class FleetPause {
  readonly #service: string;
  readonly #world: FleetWorld;
  #cancel: Cancel | null = null;
  #until: Instant | null = null;

  constructor(service: string, world: FleetWorld) {
    this.#service = service;
    this.#world = world;
  }

  get isOn(): boolean {
    return this.#cancel !== null;
  }

  /** Milliseconds to its deadline; null when there is none. */
  get leftMs(): number | null {
    return this.#cancel === null || this.#until === null ? null : Math.max(0, this.#until - this.#world.runtime.clock.now());
  }

  /** A second one takes the first one's place. */
  begin(deadlineMs: number): FleetResult {
    if (!(deadlineMs > 0)) return refused(`service "${this.#service}": a pause must be longer than 0 ms, got ${deadlineMs}`);
    this.stop();
    this.#until = after(this.#world.runtime.clock.now(), deadlineMs);
    this.#cancel = this.#world.runtime.timers.after(deadlineMs, () => {
      this.#cancel = null;
      this.#world.say('info', 'pause-ended', { service: this.#service, reason: 'its deadline has come: requests go on' });
      void this.#world.changed();
    });
    void this.#world.changed();
    return ok(`requests to ${this.#service} wait, for ${durationText(deadlineMs)} at most`);
  }

  end(): FleetResult {
    if (!this.isOn) return refused(`service "${this.#service}" is not paused`);
    this.stop();
    void this.#world.changed();
    return ok(`requests to ${this.#service} go on`);
  }

  /** Without telling anybody. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
