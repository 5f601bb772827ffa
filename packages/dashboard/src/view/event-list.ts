/** The events that are shown: the youngest first, each once, at most so many. */
import type { EventEntry } from '../api/types.ts';

/** @param incoming In any order; what is there already is left out. */
export function mergeEvents(present: readonly EventEntry[], incoming: readonly EventEntry[], max: number): readonly EventEntry[] {
  const known = new Set(present.map(({ id }) => id));
  const fresh = incoming.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return present;
  return [...fresh, ...present].toSorted((a, b) => b.id - a.id).slice(0, max);
}

const NAMED = ['service', 'endpoint', 'instance', 'listener', 'route', 'address'] as const;

/** What the event is about, and the rest in words: `users 127.0.0.1:3001` and `reason: connect refused`. */
export function describeEvent({ detail }: EventEntry): { readonly about: string; readonly rest: string } {
  const about = NAMED.flatMap((name) => (detail[name] === undefined ? [] : [String(detail[name])]));
  const rest = Object.entries(detail).filter(([name]) => !(NAMED as readonly string[]).includes(name));
  const told = rest.map(([name, value]) => (name === 'reason' || name === 'detail' ? String(value) : `${name} ${value}`));
  return { about: about.join(' '), rest: told.join(' · ') };
}
