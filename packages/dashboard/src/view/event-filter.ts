/** Which events are shown: by how bad they are and by a text, as the API filters those that it keeps. */
import type { EventEntry, EventLevel } from '../api/types.ts';

const RANKS: Readonly<Record<EventLevel, number>> = { info: 0, warn: 1, error: 2 };

export function isShown({ level, what, detail }: EventEntry, least: EventLevel, text: string): boolean {
  if (RANKS[level] < RANKS[least]) return false;
  const wanted = text.toLowerCase();
  return wanted === '' || what.includes(wanted) || Object.values(detail).some((value) => String(value).toLowerCase().includes(wanted));
}
