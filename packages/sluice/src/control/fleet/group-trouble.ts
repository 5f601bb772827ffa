/** Why an instance of a group is not as it should be, in the words of `InstanceTrouble`. Pure. */
import { durationText } from '../../base/duration.ts';
import type { Instant } from '../../base/time.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import type { GroupEntry } from './group-book.ts';
import type { GroupFault } from './group.ts';

export interface GroupFacts {
  readonly now: Instant;
  /** What the platform's last look or write failed with; null: it went well. */
  readonly fault: GroupFault | null;
  readonly readyWithinMs: number;
  /** It is one of those that the platform's bound does not allow. */
  readonly max: { readonly title: string; readonly limit: number; readonly wanted: number } | null;
}

/** What the platform says of an instance goes before what we conclude. */
export function groupTrouble(entry: GroupEntry, { now, fault, readyWithinMs, max }: GroupFacts): InstanceView['trouble'] {
  const { member, leaving, phase } = entry;
  if (member !== null && member.trouble !== null) return member.trouble;
  if (max !== null) {
    return {
      kind: 'unstartable',
      detail: `${max.title} holds at most ${max.limit} (its maximum), ${max.wanted} are wanted: raise its maximum, or lower replicas.max`,
    };
  }
  // Those that serve are as well as before: only what waits for the platform is troubled by its absence.
  const isWaiting = member === null || (leaving !== null && leaving !== 'told');
  if (fault !== null && isWaiting) return { kind: fault.kind === 'away' ? 'engine-away' : 'unstartable', detail: fault.message };
  if (phase === 'unready') return { kind: 'unready', detail: `${member?.name} was ready and is not any more` };
  const waitedMs = now - entry.since;
  if (phase === 'starting' && waitedMs > readyWithinMs) {
    const who = member === null ? 'the platform has not made it' : `${member.name} is not ready`;
    return { kind: 'never-ready', detail: `${who} after ${durationText(waitedMs)}` };
  }
  return null;
}
