/** What is to be done for an owner that died: its lock, pins, half-written entries and claims are taken back. Some milliseconds. */
import { tellMore } from './memory-entry.ts';
import { ABORTED, FILL, FILLING, SLOTS_USED, STATE, WRITER } from './memory-layout.ts';
import { isIndexed } from './slot-index.ts';
import type { StoreParts } from './store-parts.ts';
import { recoverStore } from './store-recovery.ts';

/** Longer than anybody alive holds the lock. */
const LOCK_WAIT_MS = 1_000;

export function releaseOwner(parts: StoreParts, owner: number): void {
  const isInside = parts.lock.takeFrom(owner);
  // A second one may have died with the lock, of which we are told next: its recovery then does what is left undone here.
  const isLocked = isInside || parts.lock.lockWithin(LOCK_WAIT_MS);
  const orphans = halfWritten(parts, owner);
  for (const slot of orphans) Atomics.store(parts.views.words, parts.index.base(slot) + FILL, ABORTED);
  parts.life.unpinAll(owner);
  if (isLocked) parts.thenUnlock(() => tidy(parts, owner, isInside, orphans));
  for (const slot of orphans) tellMore(parts.views.words, parts.index.base(slot));
  parts.claims.endAll(owner);
}

function tidy(parts: StoreParts, owner: number, isInside: boolean, orphans: readonly number[]): void {
  const { words } = parts.views;
  if (isInside) recoverStore(parts, owner);
  for (const slot of orphans) {
    const base = parts.index.base(slot);
    words[base + WRITER] = 0;
    if (isIndexed(words[base + STATE]!)) parts.life.retire(slot);
  }
  parts.life.sweep();
}

/** Slots that this owner was filling. */
function halfWritten({ views: { words }, index, life }: StoreParts, owner: number): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < words[SLOTS_USED]!; slot++) {
    const base = index.base(slot);
    if (words[base + WRITER] === owner + 1 && words[base + FILL] === FILLING && life.isPinnedBy(slot, owner)) slots.push(slot);
  }
  return slots;
}
