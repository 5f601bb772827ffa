/** When the schedules of all services began last. Cron is a matter of minutes: each service's are looked up once in a minute, about 0.2 ms for each. */
import type { Timestamp } from '../../base/time.ts';
import { firstLine } from '../../config/fault.ts';
import type { SchedulePolicyPlan, ScalePolicyPlan } from '../../core/scaling/policy.ts';
import type { ScheduleState } from '../../core/scaling/sample.ts';
import type { LastBegin } from '../../io/cron.ts';
import type { SayEvent } from '../say-event.ts';
import type { ScaledService } from './scaled-service.ts';

export interface SchedulesOptions {
  readonly say: SayEvent;
  /** Loads what knows cron; called when the first schedule is there. */
  readonly load: () => Promise<LastBegin>;
}

type States = ReadonlyMap<string, ScheduleState>;

interface Entry {
  readonly plans: readonly SchedulePolicyPlan[];
  /** Of the states; -1 = never looked up. */
  minute: number;
  states: States;
}

const NONE: States = new Map();
const MINUTE_MS = 60_000;

export class Schedules {
  readonly #options: SchedulesOptions;
  #lastBegin: LastBegin | null = null;
  #loading: Promise<void> | null = null;
  #entries: Map<string, Entry> = new Map();

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** @returns When cron is loaded, where it is needed; before, no schedule has begun. */
  follow(services: readonly ScaledService[]): Promise<void> {
    this.#entries = new Map();
    for (const { name, plan } of services) {
      const plans = plan.replicas.scale.filter(isSchedule);
      if (plans.length > 0) this.#entries.set(name, { plans, minute: -1, states: NONE });
    }
    if (this.#entries.size > 0) this.#loading ??= this.#load();
    return this.#loading ?? Promise.resolve();
  }

  /** By policy name. */
  states(service: string, wall: Timestamp): States {
    const entry = this.#entries.get(service);
    if (entry === undefined || this.#lastBegin === null) return NONE;
    const minute = Math.floor(wall / MINUTE_MS);
    if (minute !== entry.minute) {
      entry.states = new Map(entry.plans.map((plan) => [plan.name, { beganAt: this.#beganAt(service, plan, wall) }]));
      entry.minute = minute;
    }
    return entry.states;
  }

  #beganAt(service: string, { name, cron, zone }: SchedulePolicyPlan, wall: Timestamp): number | null {
    try {
      return this.#lastBegin!(cron, zone, wall);
    } catch (error) {
      // Checked with the configuration, by the same code: only a system that lost its time zones comes here.
      this.#options.say('warn', 'schedule', { service, schedule: name, reason: firstLine(error) });
      return null;
    }
  }

  async #load(): Promise<void> {
    try {
      this.#lastBegin = await this.#options.load();
    } catch (error) {
      this.#loading = null;
      this.#options.say('error', 'schedule', { reason: `schedules do not hold: ${firstLine(error)}` });
    }
  }
}

function isSchedule(policy: ScalePolicyPlan): policy is SchedulePolicyPlan {
  return policy.policy === 'schedule';
}
