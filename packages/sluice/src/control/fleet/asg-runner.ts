/**
 * Machines of an AWS Auto Scaling group as instances. AWS has no watch: the group is looked at each `pollMs`, with jitter, less often while it throttles
 * or cannot be reached. More are asked for by SetDesiredCapacity, within the group's own bounds; one that goes is named to
 * TerminateInstanceInAutoScalingGroup, which makes the number smaller as well.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { exponentialMs } from '../../base/exponential.ts';
import { AutoScalingGroup, type AsgView } from '../../clients/aws/auto-scaling-group.ts';
import { loadAwsClients } from '../../clients/aws/aws-clients.ts';
import { AwsFault, awsFault } from '../../clients/aws/aws-fault.ts';
import type { AwsAsgRunPlan, RunPlan } from '../../config/fleet-plan.ts';
import { GroupRunner } from './group-runner.ts';
import type { GroupFault, GroupMember, GroupWatcher, GroupWrite, InstanceGroup } from './group.ts';
import type { Runner, RunnerWorld } from './runner.ts';

/** The runner of a service whose plan says `runner: 'aws-asg'`. */
export function asgRunner(world: RunnerWorld): Runner {
  return new GroupRunner(new AsgGroup(asgPlan(world.service.run), world.runtime), world);
}

function asgPlan(run: RunPlan): AwsAsgRunPlan {
  if (run.runner !== 'aws-asg') throw new Error(`the aws-asg runner was given a plan for ${run.runner}`);
  return run;
}

const JITTER = 0.2;
const BACKOFF_MAX_MS = 60_000;

class AsgGroup implements InstanceGroup {
  readonly kind = 'aws-asg';
  readonly title: string;
  readonly #plan: AwsAsgRunPlan;
  readonly #runtime: Runtime;
  #group: AutoScalingGroup | null = null;
  #watcher: GroupWatcher | null = null;
  #failures = 0;
  #next: Cancel | null = null;
  #isLooking = false;
  #isClosed = false;

  constructor(plan: AwsAsgRunPlan, runtime: Runtime) {
    this.title = `Auto Scaling group ${plan.group}`;
    this.#plan = plan;
    this.#runtime = runtime;
  }

  watch(watcher: GroupWatcher): void {
    this.#watcher = watcher;
    this.#start().catch((error: unknown) => watcher.failed(this.fault(error)));
  }

  victims(chosen: readonly string[]): { readonly names: readonly string[]; readonly reason: null } {
    return { names: chosen, reason: null };
  }

  async resize(from: number, to: number): Promise<GroupWrite> {
    const isDone = await this.#started().resize(from, to);
    this.#lookSoon();
    return isDone ? 'done' : 'changed';
  }

  async end(names: readonly string[], _from: number): Promise<GroupWrite> {
    await this.#started().terminate(names);
    this.#lookSoon();
    return 'done';
  }

  async restore(_name: string): Promise<void> {}

  fault(error: unknown): GroupFault {
    const { kind, message } = awsFault(error);
    return { kind: kind === 'bound' ? 'refused' : kind, message };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#next?.();
    this.#group?.[Symbol.dispose]();
  }

  async #start(): Promise<void> {
    const { region, endpoint, targetGroupArn } = this.#plan;
    const clients = await loadAwsClients({ region, endpoint, needsBalancing: targetGroupArn !== null });
    if (this.#isClosed) return clients[Symbol.dispose]();
    this.#group = new AutoScalingGroup(clients, this.#plan);
    await this.#look();
  }

  async #look(): Promise<void> {
    this.#next = null;
    // What was asked for while one look is under way is a look after it: an older picture never follows a newer one.
    if (this.#isLooking) return this.#lookSoon();
    this.#isLooking = true;
    try {
      const view = await this.#started().look();
      if (this.#isClosed) return;
      this.#failures = 0;
      this.#watcher!.seen({ desired: view.desired, min: view.min, max: view.max, members: members(view) });
    } catch (error) {
      if (this.#isClosed) return;
      this.#failures++;
      this.#watcher!.failed(this.fault(error));
    } finally {
      this.#isLooking = false;
    }
    // One that was asked for in between stands already.
    if (this.#next === null) this.#lookIn(this.#waitMs());
  }

  #waitMs(): number {
    const { pollMs } = this.#plan;
    const full = this.#failures === 0 ? pollMs : exponentialMs(this.#failures + 1, pollMs, Math.max(BACKOFF_MAX_MS, pollMs));
    return full * (1 + JITTER * (2 * this.#runtime.random() - 1));
  }

  /** What was just written shows soon. */
  #lookSoon(): void {
    this.#next?.();
    this.#lookIn(Math.min(this.#plan.pollMs, 1_000));
  }

  #lookIn(delayMs: number): void {
    if (!this.#isClosed) this.#next = this.#runtime.timers.after(delayMs, () => void this.#look());
  }

  #started(): AutoScalingGroup {
    if (this.#group === null) throw new AwsFault('away', 'AWS was not reached yet');
    return this.#group;
  }
}

/** Machines in standby are no instances: the group's number does not count them. */
function members({ machines }: AsgView): GroupMember[] {
  const found: GroupMember[] = [];
  for (const { id, phase, ...machine } of machines) {
    if (phase === 'outside') continue;
    found.push({ ...machine, phase, name: id, shortName: id, restarts: 0, cpu: null, memoryBytes: null });
  }
  return found;
}
