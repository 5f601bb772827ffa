/** Performs a rollout: collects what `core/fleet/rollout.ts` decides by, does what it decided, and says what there is to say. */
import { assert } from '../../base/assert.ts';
import type { DeployPlan } from '../../config/fleet-plan.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import {
  commandRollout,
  isOver,
  startRollout,
  stepRollout,
  type RolloutAction,
  type RolloutCommand,
  type RolloutState,
} from '../../core/fleet/rollout.ts';
import type { FleetWorld } from './fleet-world.ts';
import { RolloutFigures } from './rollout-figures.ts';
import type { Runner, Version } from './runner.ts';

export interface RolloutDriverOptions {
  readonly service: string;
  readonly plan: DeployPlan;
  readonly from: string;
  readonly to: string;
  readonly world: FleetWorld;
  readonly runner: Runner;
  /** Whether every worker knows an address. */
  readonly isKnown: (address: string) => boolean;
  readonly versionOf: (name: string) => Version | undefined;
}

export class RolloutDriver {
  readonly #options: RolloutDriverOptions;
  readonly #figures: RolloutFigures;
  #state: RolloutState;

  constructor(options: RolloutDriverOptions) {
    const { plan, from, to, world, service } = options;
    this.#options = options;
    this.#state = startRollout(plan, from, to, world.runtime.clock.now());
    this.#figures = new RolloutFigures((address) => world.figures(service, [address]));
    this.#say('info', 'deploy-started', `${from} to ${to}, ${plan.strategy}: ${this.#state.reason}`);
  }

  get state(): RolloutState {
    return this.#state;
  }

  get isOver(): boolean {
    return isOver(this.#state);
  }

  /** As far as it can go now. */
  step(wanted: number): void {
    const { world, runner, service } = this.#options;
    const { from, to, epoch, plan } = this.#state;
    const instances = runner.instances().map((view) => this.#seen(view));
    if (plan.guard !== null) this.#figures.collect(instances, epoch);
    const inflight = new Map(instances.map((view) => [view.id, inflightOf(world, service, view)]));
    const figures = plan.guard === null ? null : { from: this.#figures.of(from), to: this.#figures.of(to) };
    const { state, actions } = stepRollout(this.#state, { now: world.runtime.clock.now(), wanted, instances, figures, inflight });
    // Before the actions: what they lead to may ask at once.
    this.#state = state;
    for (const action of actions) this.#perform(action);
  }

  /** @returns Why it is refused; null when it is not. */
  command(command: RolloutCommand): string | null {
    const answer = commandRollout(this.#state, command, this.#options.world.runtime.clock.now());
    if (typeof answer === 'string') return answer;
    this.#state = answer.state;
    for (const action of answer.actions) this.#perform(action);
    return null;
  }

  /** One that is ready serves only when those who send requests know of it: before that nobody goes for its sake. */
  #seen(view: InstanceView): InstanceView {
    const isUnknown = view.phase === 'ready' && view.address !== null && !this.#options.isKnown(view.address);
    return isUnknown ? { ...view, phase: 'starting' } : view;
  }

  #perform(action: RolloutAction): void {
    const { runner, world, versionOf } = this.#options;
    switch (action.type) {
      case 'add': {
        const version = versionOf(action.version);
        assert(version !== undefined, 'the versions of a rollout are known');
        return runner.add(version, action.count);
      }
      case 'remove':
        return runner.remove(action.ids, action.reason);
      case 'split':
        return void world.changed();
      case 'say':
        return this.#say(action.level, action.what, action.detail);
    }
  }

  #say(level: 'info' | 'warn' | 'error', what: string, detail: string): void {
    this.#options.world.say(level, what, { service: this.#options.service, reason: detail });
  }
}

/** Requests and upgrades in flight to an instance. */
export function inflightOf(world: FleetWorld, service: string, { address }: InstanceView): number {
  return address === null ? 0 : world.inflight(service, address);
}
