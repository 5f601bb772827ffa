/** Rows for tests: the lowest free number first. */
import type { SlotSource } from '../../src/control/apply/named-slots.ts';

export function slotSource(capacity: number): SlotSource {
  const taken = new Set<number>();
  return {
    capacity,
    take() {
      for (let slot = 0; slot < capacity; slot++) {
        if (taken.has(slot)) continue;
        taken.add(slot);
        return slot;
      }
      return -1;
    },
    release: (slot) => void taken.delete(slot),
  };
}
