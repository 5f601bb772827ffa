/** Instances that a rollout's actions are performed on, and to which a test does what it likes; nothing happens by itself. */
import { after, instant, timestamp, type Instant } from '../../src/base/time.ts';
import type { DeployPlan } from '../../src/core/fleet/deploy-policy.ts';
import type { InstanceView } from '../../src/core/fleet/instance-view.ts';
import {
  commandRollout,
  isOver,
  startRollout,
  stepRollout,
  type RolloutAction,
  type RolloutCommand,
  type RolloutFacts,
  type RolloutState,
} from '../../src/core/fleet/rollout.ts';

export const ROLLING: DeployPlan = {
  strategy: 'rolling',
  maxSurge: { by: 'share', amount: 0.25 },
  maxUnavailable: { by: 'share', amount: 0 },
  steadyMs: 0,
  progressMs: 600_000,
  canary: [],
  guard: null,
  keepOldMs: 60_000,
};

export class RolloutWorld {
  now: Instant = instant(1_000);
  wanted: number;
  instances: InstanceView[] = [];
  figures: RolloutFacts['figures'] = null;
  inflight = new Map<string, number>();
  state: RolloutState;
  /** Performed since the start. */
  readonly actions: RolloutAction[] = [];
  #ids = 0;

  /** `wanted` ready instances of v1 are to become v2. */
  constructor(plan: DeployPlan, wanted: number) {
    this.wanted = wanted;
    this.add('v1', wanted);
    for (const { id } of this.instances) this.set(id, { phase: 'ready' });
    this.state = startRollout(plan, 'v1', 'v2', this.now);
  }

  get isOver(): boolean {
    return isOver(this.state);
  }

  /** Of a version, or of all, that are to stay. */
  live(version?: string): InstanceView[] {
    return this.instances.filter((view) => !['draining', 'stopping'].includes(view.phase) && (version ?? view.version) === view.version);
  }

  ready(version?: string): InstanceView[] {
    return this.live(version).filter(({ phase }) => phase === 'ready');
  }

  /** One step; its actions are performed. */
  step(): readonly RolloutAction[] {
    const { now, wanted, instances, figures, inflight } = this;
    const { state, actions } = stepRollout(this.state, { now, wanted, instances: [...instances], figures, inflight });
    this.state = state;
    for (const action of actions) this.#perform(action);
    return actions;
  }

  /** @returns Why it is refused; null when it is not. */
  command(command: RolloutCommand): string | null {
    const answer = commandRollout(this.state, command, this.now);
    if (typeof answer === 'string') return answer;
    this.state = answer.state;
    this.actions.push(...answer.actions);
    return null;
  }

  pass(ms: number): void {
    this.now = after(this.now, ms);
  }

  set(id: string, changes: Partial<InstanceView>): void {
    this.instances = this.instances.map((view) => (view.id === id ? { ...view, since: this.now, ...changes } : view));
  }

  /** All that start get ready, all that leave are gone. */
  settle(): void {
    this.instances = this.instances
      .filter(({ phase }) => phase !== 'draining' && phase !== 'stopping')
      .map((view) => (view.phase === 'ready' ? view : { ...view, phase: 'ready', since: this.now, trouble: null }));
  }

  /** Steps and settles until it is over, or so many times. */
  run(rounds = 100): void {
    for (let round = 0; round < rounds && !this.isOver; round++) {
      this.step();
      this.pass(1_000);
      this.settle();
    }
  }

  add(version: string, count: number): void {
    for (let made = 0; made < count; made++) {
      this.instances.push({
        id: `web.${++this.#ids}`,
        version,
        phase: 'starting',
        since: this.now,
        startedAt: timestamp(this.now),
        address: null,
        handle: null,
        restarts: 0,
        isProtected: false,
        trouble: null,
        cpu: null,
        memoryBytes: null,
      });
    }
  }

  #perform(action: RolloutAction): void {
    this.actions.push(action);
    if (action.type === 'add') this.add(action.version, action.count);
    if (action.type === 'remove') for (const id of action.ids) this.set(id, { phase: 'draining' });
  }
}
