/**
 * What is known of the instances of a group: the platform's members, and a place for each that was asked for and is not there yet. A new member
 * takes the oldest place. Decides nothing; time comes from the clock that it is given.
 *
 *   expected = the platform's number + what is to be added and was not written yet
 *   places   = expected - members that live
 */
import type { Clock, Instant, Timestamp } from '../../base/time.ts';
import { formatAddress } from '../../config/address.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import type { InstancePhase, InstanceView } from '../../core/fleet/instance-view.ts';
import type { GroupMember } from './group.ts';

/** How far the end of an instance is: routing stops; it is no endpoint any more; every worker knows that; the platform was told. */
type Leaving = 'draining' | 'unlisted' | 'drained' | 'told';

/** One instance, there or expected. */
export interface GroupEntry {
  /** The id while the platform has not made it. */
  readonly placeId: string;
  /** Null: the platform has not made it yet. */
  member: GroupMember | null;
  phase: InstancePhase;
  since: Instant;
  readonly askedAt: Timestamp;
  leaving: Leaving | null;
  /** Since when it is at that point of its end. */
  leavingSince: Instant;
  isProtected: boolean;
  wasReady: boolean;
}

export class GroupBook {
  readonly #service: string;
  readonly #clock: Clock;
  #entries: GroupEntry[] = [];
  #serial = 0;

  constructor(service: string, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  get entries(): readonly GroupEntry[] {
    return this.#entries;
  }

  /** Those that the platform has and does not end. */
  living(): GroupEntry[] {
    return this.#entries.filter(isLiving);
  }

  /** How many of these live, counted here or not, those aside that the platform was told to end. */
  present(members: readonly GroupMember[]): number {
    const told = this.#entries.filter(({ member, leaving }) => leaving === 'told' && member !== null && isLivingMember(member));
    return members.filter(isLivingMember).length - told.length;
  }

  find(id: string): GroupEntry | undefined {
    return this.#entries.find((entry) => this.idOf(entry) === id);
  }

  idOf({ member, placeId }: GroupEntry): string {
    return `${this.#service}.${member === null ? placeId : member.shortName}`;
  }

  /**
   * Takes over what the platform shows now.
   * @param expected How many are to be there. Newcomers beyond it (a rollout's surge, say) are not counted before others go: whoever counts
   *   instances would end one for each.
   */
  update(members: readonly GroupMember[], expected: number): void {
    const found = new Map(members.map((member) => [member.name, member]));
    this.#entries = this.#entries.filter((entry) => {
      if (entry.member === null) return true;
      const member = found.get(entry.member.name);
      found.delete(entry.member.name);
      if (member !== undefined) entry.member = member;
      return member !== undefined;
    });
    let missing = expected - this.living().length;
    for (const member of found.values()) {
      if (isLivingMember(member) && missing-- <= 0) continue;
      this.#settle(member);
    }
    for (const entry of this.#entries) this.#rephase(entry);
  }

  /** Makes as many places as are missing; the newest go first where there are too many. */
  expect(expected: number): void {
    let missing = expected - this.living().length;
    this.#entries = this.#entries.filter((entry) => entry.member !== null || missing-- > 0);
    for (; missing > 0; missing--) this.#entries.push(this.#entry(null));
  }

  /** Moves it on towards its end; null: it stays after all. */
  leave(entry: GroupEntry, leaving: Leaving | null): void {
    entry.leaving = leaving;
    entry.leavingSince = this.#clock.now();
    this.#rephase(entry);
  }

  /** Oldest first, places last. `version` is that of places. */
  views(version: string, troubleOf: (entry: GroupEntry) => InstanceView['trouble']): InstanceView[] {
    const views = this.#entries.map((entry) => this.#view(entry, version, troubleOf(entry)));
    return views.toSorted(
      (one, other) =>
        Number(one.handle === null) - Number(other.handle === null) || one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1),
    );
  }

  /** Of those that are ready, or finish what they have because of us. */
  endpoints(): EndpointPlan[] {
    const found: EndpointPlan[] = [];
    for (const { member, phase, leaving } of this.#entries) {
      if (member === null || member.address === null) continue;
      if (phase !== 'ready' && !(leaving === 'draining' && isLivingMember(member))) continue;
      const address = formatAddress(member.address);
      found.push({ address, target: member.address, weight: 1, priority: 0, requestsMax: 0, version: member.version });
    }
    return found.toSorted((one, other) => (one.address < other.address ? -1 : 1));
  }

  #settle(member: GroupMember): void {
    const place = this.#entries.find((entry) => entry.member === null);
    if (place === undefined || !isLivingMember(member)) this.#entries.push(this.#entry(member));
    else place.member = member;
  }

  #entry(member: GroupMember | null): GroupEntry {
    const now = this.#clock.now();
    const placeId = member === null ? `new-${++this.#serial}` : '';
    const askedAt = this.#clock.wall();
    return {
      placeId,
      member,
      phase: 'starting',
      since: now,
      askedAt,
      leaving: null,
      leavingSince: now,
      isProtected: false,
      wasReady: false,
    };
  }

  #rephase(entry: GroupEntry): void {
    const phase = phaseOf(entry);
    if (phase === 'ready') entry.wasReady = true;
    if (phase === entry.phase) return;
    entry.phase = phase;
    entry.since = this.#clock.now();
  }

  #view(entry: GroupEntry, version: string, trouble: InstanceView['trouble']): InstanceView {
    const { member, phase, since, isProtected, askedAt } = entry;
    return {
      id: this.idOf(entry),
      version: member?.version ?? version,
      phase,
      since,
      startedAt: member?.startedAt ?? askedAt,
      address: member === null || member.address === null ? null : formatAddress(member.address),
      handle: member?.name ?? null,
      restarts: member?.restarts ?? 0,
      isProtected,
      trouble,
      cpu: member?.cpu ?? null,
      memoryBytes: member?.memoryBytes ?? null,
    };
  }
}

/** Counts towards the platform's number. */
function isLiving({ member, leaving }: GroupEntry): boolean {
  return member !== null && isLivingMember(member) && leaving !== 'told';
}

function isLivingMember({ phase }: GroupMember): boolean {
  return phase !== 'draining' && phase !== 'stopping';
}

function phaseOf({ member, leaving, wasReady }: GroupEntry): InstancePhase {
  if (member === null) return 'starting';
  if (leaving === 'told' || member.phase === 'stopping') return 'stopping';
  if (leaving !== null) return 'draining';
  if (member.phase === 'unready' && !wasReady) return 'starting';
  return member.phase;
}
