/** The signals of all services that are asked for outside of this process: each on its own clock, apart from the decisions. */
import type { Runtime } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import type { ScalingFacts } from '../../config/scaling-facts.ts';
import type { Figure } from '../../core/scaling/sample.ts';
import type { SayEvent } from '../say-event.ts';
import type { OutsideSignal } from './collector.ts';
import { PolledSignal } from './polled-signal.ts';
import type { ScaledService } from './scaled-service.ts';

/** One question. `ask-signal.ts` is it. */
export type AskSignal = (signal: OutsideSignal, facts: ScalingFacts, limits: { deadlineMs: number; abort: AbortSignal }) => Promise<number>;

export interface OutsideSignalsOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  readonly ask: AskSignal;
  /** What a service looks like now; null = not known yet. */
  readonly facts: (service: string) => Omit<ScalingFacts, 'now'> | null;
}

interface Source {
  readonly plan: string;
  readonly per: Figure['per'];
  readonly polled: PolledSignal;
}

const DEADLINE_MAX_MS = 5_000;
/** For the process of the functions to start, before the deadline of the call begins. */
const START_MS = 10_000;

export class OutsideSignals {
  readonly #options: OutsideSignalsOptions;
  #sources: Map<string, Source> = new Map();

  constructor(options: OutsideSignalsOptions) {
    this.#options = options;
  }

  /** Asks for what these need from now on. What stays goes on as it was. */
  follow(services: readonly ScaledService[]): void {
    const sources = new Map<string, Source>();
    for (const { name, plan } of services) {
      for (const policy of plan.replicas.scale) {
        if (!('signal' in policy) || policy.signal.kind === 'built-in') continue;
        const key = keyOf(name, policy.name);
        const known = this.#sources.get(key);
        sources.set(key, known?.plan === JSON.stringify(policy.signal) ? known : this.#open(name, policy.name, policy.signal));
      }
    }
    for (const [key, source] of this.#sources) if (sources.get(key) !== source) source.polled.stop();
    this.#sources = sources;
  }

  /** The last answer; null = none that is still good. */
  figure(service: string, policy: string, now: Instant): Figure | null {
    const source = this.#sources.get(keyOf(service, policy));
    const value = source?.polled.value(now) ?? null;
    return source === undefined || value === null ? null : { value, per: source.per };
  }

  stop(): void {
    for (const { polled } of this.#sources.values()) polled.stop();
    this.#sources.clear();
  }

  #open(service: string, policy: string, signal: OutsideSignal): Source {
    const { runtime, say, ask } = this.#options;
    const { pollMs, per } = signal;
    const answerMs = Math.min(pollMs / 2, DEADLINE_MAX_MS);
    const deadlineMs = signal.kind === 'function' ? START_MS + answerMs : answerMs;
    const polled = new PolledSignal({
      runtime,
      say,
      service,
      policy,
      pollMs,
      deadlineMs,
      ask: (abort) => ask(signal, this.#facts(service), { deadlineMs: answerMs, abort }),
    });
    return { plan: JSON.stringify(signal), per, polled };
  }

  #facts(service: string): ScalingFacts {
    const facts = this.#options.facts(service) ?? { service, ready: 0, wanted: 0, inflight: 0, requestsPerSecond: 0 };
    return { ...facts, now: new Date(this.#options.runtime.clock.wall()).toISOString() };
  }
}

/** Names have no line feeds. */
function keyOf(service: string, policy: string): string {
  return `${service}\n${policy}`;
}
