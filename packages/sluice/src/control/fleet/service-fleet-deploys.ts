/**
 * The versions of one service and the deploy that is under way: begun by `sluice deploy`, by a configuration that runs something else, or because instances of an earlier life run
 * another version. One at a time. A configuration whose version failed is not tried again until it changes.
 */
import type { DeployPlan, FleetServicePlan, RunPlan } from '../../config/fleet-plan.ts';
import type { RolloutCommand, RolloutState } from '../../core/fleet/rollout.ts';
import { withStrategy } from '../../core/fleet/rollout-strategy.ts';
import { deployedRun, isSameRunner, isSameVersion } from './fleet-change.ts';
import type { VersionMemory } from './fleet-memory.ts';
import { type DeployRequest, type FleetResult, ok, refused } from './fleet-request.ts';
import type { FleetWorld } from './fleet-world.ts';
import { RolloutDriver } from './rollout-driver.ts';
import type { Runner, Version } from './runner.ts';
import { VersionBook } from './version-book.ts';

export interface ServiceDeploysOptions {
  readonly service: string;
  readonly world: FleetWorld;
  readonly memory: VersionMemory;
  readonly runner: Runner;
  readonly plan: () => FleetServicePlan;
  /** Whether every worker knows an address. */
  readonly isKnown: (address: string) => boolean;
  /** Nothing runs and nothing is to: another version is only noted. */
  readonly isAsleep: () => boolean;
}

export class ServiceDeploys {
  readonly #options: ServiceDeploysOptions;
  #book: VersionBook;
  #rollout: RolloutDriver | null = null;
  /** What the configuration said when it was last made a version, whatever became of that. */
  #configured: RunPlan;
  #note: string | null = null;
  #isOpen = false;

  constructor(options: ServiceDeploysOptions) {
    this.#options = options;
    this.#configured = options.plan().run;
    this.#book = new VersionBook([{ name: 'v1', run: this.#configured }]);
  }

  get state(): RolloutState | null {
    return this.#rollout?.state ?? null;
  }

  /** What instances outside of a deploy run. */
  get current(): Version {
    return this.#book.current;
  }

  /** The version that is, or is becoming, everybody's. */
  get becoming(): string {
    const state = this.state;
    if (state === null) return this.#book.current.name;
    return state.phase === 'rolling-back' ? state.from : state.to;
  }

  /** Names, oldest first. */
  get order(): readonly string[] {
    return this.#book.all.map(({ name }) => name);
  }

  /** Why the last deploy was rolled back; null when it was not. */
  get note(): string | null {
    return this.#note;
  }

  /** @returns The versions whose instances are to be found again; without a record nobody knows what they would run. */
  async remember(): Promise<readonly Version[]> {
    const { service, memory, runner, plan } = this.#options;
    const record = runner.hasVersions ? await memory.load(service) : null;
    // What ran elsewhere is not found here.
    if (record === null || !isSameRunner(record.configured, plan().run)) return runner.hasVersions ? [] : this.#book.all;
    this.#configured = record.configured;
    this.#book = new VersionBook(record.versions);
    this.#book.relive(plan().run);
    return this.#book.all;
  }

  /** From now on versions can change: what there is was looked for. */
  open(): void {
    this.#isOpen = true;
    this.#save();
    this.follow();
  }

  /** After another configuration. */
  follow(): void {
    const { plan, runner } = this.#options;
    const { run, deploy } = plan();
    this.#book.relive(run);
    if (!this.#isOpen || this.#rollout !== null || isSameVersion(this.#configured, run)) return;
    this.#configured = run;
    if (runner.hasVersions) this.#begin(this.#book.create(run).name, deploy);
  }

  /** Takes the deploy as far as it can go now. @returns false when none is under way. */
  step(wanted: number): boolean {
    const rollout = this.#rollout;
    if (rollout === null) return false;
    rollout.step(wanted);
    if (rollout.isOver && this.#rollout === rollout) this.#conclude(rollout.state);
    return true;
  }

  /** Instances of a version that is not current are there, and no deploy is under way. @returns Whether one begins. */
  replace(version: string): boolean {
    const { plan, runner } = this.#options;
    if (!runner.hasVersions || version === this.current.name || this.#book.find(version) === undefined) return false;
    this.#begin(this.current.name, plan().deploy, version);
    return true;
  }

  deploy(request: DeployRequest): FleetResult {
    const { service, plan } = this.#options;
    const run = deployedRun(service, this.current.run, request);
    if ('result' in run) return run;
    const stands = this.#standsAgainst() ?? (request.version === undefined ? null : this.#book.refuse(request.version));
    if (stands !== null) return refused(`service "${service}": ${stands}`);
    const { deploy } = plan();
    return this.#begin(this.#book.create(run, request.version).name, withStrategy(deploy, request.strategy ?? deploy.strategy));
  }

  /** Back to the version before: from the deploy under way, or from the last one. */
  rollback(): FleetResult {
    const { service, plan } = this.#options;
    if (this.#rollout !== null) return this.#command(this.#rollout, 'rollback');
    const refusal = deployedRun(service, this.current.run, {});
    if ('result' in refusal) return refusal;
    const stands = this.#standsAgainst();
    if (stands !== null) return refused(`service "${service}": ${stands}`);
    const { previous, current } = this.#book;
    if (previous === null) return refused(`service "${service}" has had no other version than ${current.name}`);
    return this.#begin(previous.name, { ...plan().deploy, strategy: 'rolling', guard: null });
  }

  promote(): FleetResult {
    return this.#commandCurrent('promote');
  }

  /** It stops where it is: no further steps, but whoever crashes is replaced. */
  hold(): FleetResult {
    return this.#commandCurrent('pause');
  }

  continue(): FleetResult {
    return this.#commandCurrent('resume');
  }

  #commandCurrent(command: RolloutCommand): FleetResult {
    if (this.#rollout === null) return refused(`service "${this.#options.service}": no deploy is under way`);
    return this.#command(this.#rollout, command);
  }

  #command(rollout: RolloutDriver, command: RolloutCommand): FleetResult {
    const { service } = this.#options;
    const { from, to } = rollout.state;
    const refusal = rollout.command(command);
    if (refusal !== null) return refused(`service "${service}": ${refusal}`);
    this.#save();
    if (command === 'rollback') return ok(`${service} goes back from ${to} to ${from}`);
    if (command === 'pause') return ok(`the deploy of ${to} in ${service} is held where it is, until \`sluice continue ${service}\``);
    return ok(`the deploy of ${to} in ${service} goes on`);
  }

  #standsAgainst(): string | null {
    if (!this.#isOpen) return this.#options.runner.blindness ?? 'its instances are being looked for: try again in a moment';
    if (this.#rollout === null) return null;
    const { to, phase, reason } = this.#rollout.state;
    return `a deploy of ${to} is under way (${phase}: ${reason}): wait for its end, or \`sluice rollback ${this.#options.service}\``;
  }

  /** Puts a version in the place of another. */
  #begin(to: string, plan: DeployPlan, from = this.current.name): FleetResult {
    const { service, world, runner, isKnown, isAsleep } = this.#options;
    this.#note = null;
    if (isAsleep()) {
      this.#book.makeCurrent(to);
      this.#save();
      return ok(`${service} sleeps: ${to} is what its next instance runs`);
    }
    this.#rollout = new RolloutDriver({ service, plan, from, to, world, runner, isKnown, versionOf: (name) => this.#book.find(name) });
    this.#save();
    return ok(`${to} takes the place of ${from} in ${service} (${plan.strategy})`);
  }

  #conclude({ from, to, phase, reason }: RolloutState): void {
    this.#rollout = null;
    this.#book.makeCurrent(phase === 'done' ? to : from);
    if (phase === 'rolled-back') this.#note = `the deploy of ${to} was rolled back to ${from}: ${reason}`;
    this.#save();
    this.follow();
  }

  #save(): void {
    const { memory, service, runner } = this.#options;
    if (runner.hasVersions) memory.save(service, { versions: this.#book.record(this.becoming), configured: this.#configured });
  }
}
