/**
 * The Runner over a group that a platform keeps running (`group.ts`). It says how many and which one goes, drains before the platform is told, and
 * leaves starting, replacing and ending to the platform. Sluice's own end leaves the group as it is: its instances are not ours to end.
 */
import type { Cancel } from '../../base/runtime.ts';
import { formatAddress } from '../../config/address.ts';
import type { FleetServicePlan, ResourcesPlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import { probeReadiness, type ProbeReadiness } from '../../io/readiness.ts';
import { GroupBook, type GroupEntry } from './group-book.ts';
import { GroupLedger } from './group-ledger.ts';
import { GroupProbes } from './group-probes.ts';
import { groupTrouble } from './group-trouble.ts';
import { GroupVoice } from './group-voice.ts';
import { GroupWriter, type GroupOrder } from './group-writer.ts';
import type { GroupFault, GroupMember, GroupState, GroupWrite, InstanceGroup } from './group.ts';
import type { Runner, RunnerWorld, Version } from './runner.ts';

/** A platform that has not ended what it was told to end after so long, though nothing is too many, has ended another. */
const SETTLE_MS = 15_000;

export class GroupRunner implements Runner {
  readonly hasVersions = false;
  readonly #world: RunnerWorld;
  readonly #group: InstanceGroup;
  readonly #book: GroupBook;
  readonly #ledger = new GroupLedger();
  readonly #writer: GroupWriter;
  readonly #probes: GroupProbes;
  readonly #voice: GroupVoice;
  readonly #checks = new Set<Cancel>();
  #service: FleetServicePlan;
  #state: GroupState | null = null;
  /** Of the state, as probes find them. */
  #members: readonly GroupMember[] = [];
  #fault: GroupFault | null = null;
  #version = '';
  #known = '';
  #isClosed = false;
  #looked: () => void = () => {};

  constructor(group: InstanceGroup, world: RunnerWorld, probe: ProbeReadiness = probeReadiness) {
    this.#world = world;
    this.#group = group;
    this.#service = world.service;
    this.#voice = new GroupVoice(world.say, world.service.service, group.title);
    this.#book = new GroupBook(world.service.service, world.runtime.clock);
    this.#probes = new GroupProbes(world.service.run.ready, world.runtime, probe, () => this.#probed());
    this.#writer = new GroupWriter({
      runtime: world.runtime,
      group,
      next: () => this.#next(),
      written: (order, result, isUncertain) => this.#written(order, result, isUncertain),
      refused: (order) => this.#ledger.undo(order),
      failed: (fault) => this.#failed(fault),
    });
  }

  get kind(): InstanceGroup['kind'] {
    return this.#group.kind;
  }

  get blindness(): string | null {
    return this.#state === null && this.#fault !== null ? `${this.#group.title}: ${this.#fault.message}` : null;
  }

  instances(): readonly InstanceView[] {
    const { clock } = this.#world.runtime;
    const places = this.#book.entries.filter(({ member }) => member === null);
    const overMax = Math.max(0, this.#ledger.expected - (this.#state?.max ?? Infinity));
    const impossible = new Set(overMax === 0 ? [] : places.slice(-overMax));
    return this.#book.views(this.#version, (entry) =>
      groupTrouble(entry, {
        now: clock.now(),
        fault: this.#fault,
        readyWithinMs: this.#service.run.ready.withinMs,
        max: impossible.has(entry) ? { title: this.#group.title, limit: this.#state?.max ?? 0, wanted: this.#ledger.expected } : null,
      }),
    );
  }

  endpoints(): readonly EndpointPlan[] {
    return this.#book.endpoints();
  }

  /** Resolves after the first look, or the first that failed. */
  async adopt(versions: readonly Version[]): Promise<void> {
    this.#version = versions[0]?.name ?? '';
    const looked = new Promise<void>((resolve) => (this.#looked = resolve));
    this.#group.watch({ seen: (state) => this.#seen(state), failed: (fault) => this.#failed(fault) });
    await looked;
  }

  add(version: Version, count: number): void {
    this.#version = version.name;
    this.#ledger.ask(count);
    this.#settle();
  }

  remove(ids: readonly string[], reason: string): void {
    const chosen = [...new Set(ids)]
      .map((id) => this.#book.find(id))
      .filter((entry) => entry !== undefined && isStaying(entry)) as GroupEntry[];
    const places = chosen.filter(({ member }) => member === null);
    this.#ledger.ask(-places.length);
    const members = chosen.filter(({ member }) => member !== null);
    // Those that the platform has beyond its number go without us, sooner or later.
    const surplus = Math.max(0, this.#book.living().length - this.#ledger.expected);
    this.#leave(members.slice(0, Math.max(0, members.length - surplus)), reason);
    this.#settle();
  }

  setResources(_resources: ResourcesPlan): void {
    this.#voice.once('warn', 'resources-unchanged', `resources are set where the platform starts instances, not by Sluice`);
  }

  update(service: FleetServicePlan): void {
    this.#service = service;
    this.#probes.update(service.run.ready);
  }

  protect(id: string, isProtected: boolean): boolean {
    const entry = this.#book.find(id);
    if (entry === undefined) return false;
    entry.isProtected = isProtected;
    this.#world.noticed();
    return true;
  }

  async detach(): Promise<void> {
    await this[Symbol.asyncDispose]();
  }

  /** The platform's instances go on; this object knows of none any more. */
  async stop(): Promise<void> {
    await this[Symbol.asyncDispose]();
    this.#book.expect(0);
    this.#book.update([], 0);
  }

  /** Nothing: they are the platform's. */
  kill(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#looked();
    this.#writer.close();
    this.#probes[Symbol.dispose]();
    for (const cancel of this.#checks) cancel();
    this.#checks.clear();
    await this.#group[Symbol.asyncDispose]();
  }

  #seen(state: GroupState): void {
    if (this.#isClosed) return;
    const isBack = this.#fault !== null;
    this.#state = state;
    this.#recovered();
    const before = this.#ledger.show(state.desired);
    this.#members = this.#probes.apply(state.members);
    if (before !== null) this.#voice.changedElsewhere(before, state.desired);
    this.#looked();
    this.#settle();
    if (isBack) this.#writer.hurry();
  }

  #probed(): void {
    if (this.#isClosed || this.#state === null) return;
    this.#members = this.#probes.apply(this.#state.members);
    this.#settle();
  }

  #failed(fault: GroupFault): void {
    if (this.#isClosed) return;
    this.#fault = fault;
    this.#voice.failed(fault);
    if (fault.kind === 'setup' && this.#state === null) this.#world.unstartable(`${this.#group.title}: ${fault.message}`);
    this.#looked();
    this.#world.noticed();
  }

  #recovered(): void {
    this.#fault = null;
    this.#voice.recovered();
  }

  #leave(chosen: readonly GroupEntry[], reason: string): void {
    const staying = this.#book.living().filter(isStaying);
    const spare = Math.max(0, this.#ledger.expected - (this.#book.living().length - staying.length) - (this.#state?.min ?? 0));
    if (chosen.length > spare)
      this.#voice.once('warn', 'group-minimum', `${chosen.length} are to go, its minimum of ${this.#state?.min} lets ${spare} go`);
    const names = chosen.slice(0, spare).map(({ member }) => member!.name);
    if (names.length === 0) return;
    const members = staying.map((entry) => ({ ...entry.member!, isProtected: entry.isProtected }));
    const victims = this.#group.victims(names, members);
    if (victims.reason !== null) this.#voice.once('info', 'other-victims', victims.reason);
    for (const entry of staying) if (victims.names.includes(entry.member!.name)) void this.#end(entry, reason);
  }

  async #end(entry: GroupEntry, reason: string): Promise<void> {
    const { member, phase } = entry;
    this.#voice.say('info', 'instance-leaving', `${member!.name}: ${reason}`);
    if (phase === 'ready' && member!.address !== null) {
      this.#book.leave(entry, 'draining');
      await this.#world.drain(formatAddress(member!.address), this.#service.run.drainTimeoutMs);
    }
    this.#book.leave(entry, 'unlisted');
    await this.#tell();
    if (this.#isClosed) return;
    this.#book.leave(entry, 'drained');
    this.#settle();
  }

  /** After anything has changed: places, what others are told, what is written. */
  #settle(): void {
    if (this.#isClosed) return;
    this.#book.update(this.#members, this.#ledger.expected);
    this.#book.expect(this.#ledger.expected);
    void this.#tell();
    this.#writer.wake();
  }

  async #tell(): Promise<void> {
    const known = this.endpoints()
      .map(({ address, version }) => `${address} ${version}`)
      .join();
    if (known === this.#known) return this.#world.noticed();
    this.#known = known;
    this.#world.noticed();
    await this.#world.changed();
  }

  #next(): GroupOrder | null {
    const { desired, pending } = this.#ledger;
    if (this.#state === null) return null;
    const order = this.#resizing(desired, pending) ?? this.#ending(desired);
    if (order !== null) this.#ledger.begin(order);
    return order;
  }

  #resizing(from: number, pending: number): GroupOrder | null {
    const { min, max } = this.#state!;
    if (pending < 0 && this.#book.present(this.#members) >= from) {
      // The platform made what was to be taken back. A smaller number would let it choose who goes.
      this.#ledger.ask(-pending);
      this.#book.update(this.#members, this.#ledger.expected);
      const newest = this.#book
        .living()
        .filter(isStaying)
        .toSorted((one, other) => other.member!.startedAt - one.member!.startedAt);
      this.#leave(newest.slice(0, -pending), 'it came after it was called off');
      return null;
    }
    const to = Math.min(Math.max(from + pending, min), Math.max(max, from));
    return to === from ? null : { type: 'resize', from, to, names: [] };
  }

  #ending(from: number): GroupOrder | null {
    const drained = this.#book.living().filter(({ leaving }) => leaving === 'drained');
    const names = drained.slice(0, Math.max(0, from - this.#state!.min)).map(({ member }) => member!.name);
    return names.length === 0 ? null : { type: 'end', from, to: from - names.length, names };
  }

  #written(order: GroupOrder, result: GroupWrite, isUncertain: boolean): void {
    this.#recovered();
    if (result === 'done') this.#done(order);
    else if (isUncertain) this.#ledger.drop();
    else this.#ledger.undo(order);
    this.#settle();
  }

  #done(order: GroupOrder): void {
    this.#ledger.done(order);
    const ended = this.#book.entries.filter(({ member }) => member !== null && order.names.includes(member.name));
    for (const entry of ended) this.#book.leave(entry, 'told');
    if (ended.length === 0) return;
    const cancel = this.#world.runtime.timers.after(SETTLE_MS, () => {
      this.#checks.delete(cancel);
      for (const entry of ended) this.#checkKept(entry);
    });
    this.#checks.add(cancel);
  }

  /** The platform ended another one instead (it takes those that are not ready first): this one is used again. */
  #checkKept(entry: GroupEntry): void {
    const { member } = entry;
    const isThere = this.#book.entries.includes(entry) && member !== null && member.phase !== 'draining' && member.phase !== 'stopping';
    if (!isThere || entry.leaving !== 'told' || this.#book.living().length >= this.#ledger.desired) return;
    this.#voice.say('warn', 'instance-kept', `${member.name}: the platform ended another one instead; it is used again`);
    this.#book.leave(entry, null);
    this.#group.restore(member.name).catch((error: unknown) => this.#failed(this.#group.fault(error)));
    this.#settle();
  }
}

function isStaying({ leaving, member }: GroupEntry): boolean {
  return leaving === null && member?.phase !== 'draining' && member?.phase !== 'stopping';
}
