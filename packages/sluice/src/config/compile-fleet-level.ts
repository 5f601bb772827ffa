/**
 * Levels: targets of policies and bounds of steps, in the unit of the signal that they belong to. Shares are 0..1, delays milliseconds, all else counts.
 * What people write is read here once, for the checks and for the compiler.
 */
import type { BuiltInSignal } from './fleet-plan.ts';
import { parseDuration, parseShare, parseSize } from './quantity.ts';

type Unit = 'count' | 'share' | 'duration';

const UNITS: Readonly<Record<BuiltInSignal, Unit>> = {
  'in-flight': 'count',
  rps: 'count',
  'queue-wait': 'duration',
  parked: 'count',
  shed: 'count',
  latency: 'duration',
  cpu: 'share',
  memory: 'share',
  'event-loop': 'share',
  'event-loop-delay': 'duration',
  jobs: 'count',
};

const ALLOWED: Readonly<Record<Unit, string>> = {
  count: 'must be a number of 0 or more',
  share: "must be a share 0..1, or a percentage such as '70%'",
  duration: "must be a duration with a unit, such as '200ms'",
};

/** A level in the signal's unit, or what is allowed. */
export type Level = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly allowed: string };

/** What a level belongs to: a built-in signal, or a figure from elsewhere (null), which is a plain number. */
export interface LevelPlace {
  readonly signal: BuiltInSignal | null;
  /** Of one instance; a size as the target of `memory` is a share of it. */
  readonly memoryBytes: number | null;
}

/** Reads a level. */
export function readLevel(given: unknown, { signal, memoryBytes }: LevelPlace): Level {
  const unit = signal === null ? 'count' : UNITS[signal];
  const isSize = signal === 'memory' && typeof given === 'string' && parseSize(given) !== null;
  if (isSize && memoryBytes === null)
    return { ok: false, allowed: "must be a share: a size needs the bound, resources: { memory: '512MiB' }" };
  const value = isSize ? (parseSize(given) ?? 0) / (memoryBytes ?? 1) : read(given, unit);
  const isIn = value !== null && value >= 0 && (unit !== 'share' || value <= 1);
  if (isIn) return { ok: true, value };
  const allowed = signal === 'memory' ? `${ALLOWED.share}, or a size within resources.memory` : ALLOWED[unit];
  return { ok: false, allowed: signal === null ? ALLOWED.count : `${allowed} for ${signal}` };
}

function read(given: unknown, unit: Unit): number | null {
  if (unit === 'duration') return typeof given === 'string' ? parseDuration(given) : null;
  if (typeof given === 'number') return Number.isFinite(given) ? given : null;
  return unit === 'share' && typeof given === 'string' ? parseShare(given) : null;
}
