/**
 * What all viewers are told at the same second, as text: made once, when the first of them takes it, and gone with the snapshot of that second. With 2,000 endpoints a
 * snapshot takes up to a millisecond to write, and a Status is longer.
 */
import type { TrafficSnapshot } from '../observe/traffic.ts';
import { serverSent } from './server-sent.ts';

export type SharedTopic = 'traffic' | 'status' | 'alerts';

const kept = new WeakMap<TrafficSnapshot, Map<SharedTopic, string>>();

/** An event with the JSON of a value. @param at Snapshot of the second; null: this viewer has none yet. @param value Asked for once for each snapshot and topic. */
export function liveText(at: TrafficSnapshot | null, topic: SharedTopic, value: () => unknown): string {
  if (at === null) return textOf(topic, value);
  const texts = kept.get(at) ?? new Map<SharedTopic, string>();
  const known = texts.get(topic);
  if (known !== undefined) return known;
  const text = textOf(topic, value);
  kept.set(at, texts.set(topic, text));
  return text;
}

function textOf(topic: SharedTopic, value: () => unknown): string {
  return serverSent(topic, JSON.stringify(value()));
}
