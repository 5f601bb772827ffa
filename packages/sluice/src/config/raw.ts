/**
 * Reading a configuration that may be wrong anywhere. The cross checks work on what was written, not on what passed the schema, so that a misspelt
 * service name is reported together with a bad duration three lines above it.
 */
import type { FaultParts } from './fault.ts';
import { parseDuration, parseSize } from './quantity.ts';

/** Takes a fault or warning. */
export type Report = (parts: FaultParts) => void;

/** The sections of a configuration, whatever they hold. */
export interface RawConfig {
  readonly listeners: Readonly<Record<string, unknown>>;
  readonly services: Readonly<Record<string, unknown>>;
  readonly routes: readonly unknown[];
  readonly hasRoutes: boolean;
  readonly filters: unknown;
  readonly caches: Readonly<Record<string, unknown>>;
  readonly stores: Readonly<Record<string, unknown>>;
  readonly admin: unknown;
  readonly tracing: unknown;
  readonly otlp: unknown;
  readonly alerts: unknown;
  readonly acme: unknown;
  readonly fleet: unknown;
}

const EMPTY: Readonly<Record<string, unknown>> = Object.freeze({});

/** The value as an object; an empty one when it is not. */
export function rawObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : EMPTY;
}

/** The value as a list; an empty one when it is not. */
export function rawList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An own property; undefined when there is none. */
export function rawField(value: unknown, key: string): unknown {
  const object = rawObject(value);
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A number under a key; null when there is none. */
export function rawNumber(value: unknown, key: string): number | null {
  const given = rawField(value, key);
  return typeof given === 'number' ? given : null;
}

/** A duration under a key, in milliseconds; null when there is none. */
export function rawDuration(value: unknown, key: string): number | null {
  const given = rawField(value, key);
  return typeof given === 'string' ? parseDuration(given) : null;
}

/** A size under a key, in bytes; null when there is none. */
export function rawSize(value: unknown, key: string): number | null {
  const given = rawField(value, key);
  return typeof given === 'string' ? parseSize(given) : null;
}

/** The texts in a value that is one text or a list of them, each with its place in the list. */
export function rawTexts(value: unknown): readonly (readonly [index: number | null, text: string])[] {
  if (typeof value === 'string') return [[null, value]];
  return rawList(value).flatMap((entry, index) => (typeof entry === 'string' ? [[index, entry] as const] : []));
}

/** The sections of a configuration. */
export function rawConfig(value: unknown): RawConfig {
  return {
    listeners: rawObject(rawField(value, 'listeners')),
    services: rawObject(rawField(value, 'services')),
    routes: rawList(rawField(value, 'routes')),
    hasRoutes: rawField(value, 'routes') !== undefined,
    filters: rawField(value, 'filters'),
    caches: rawObject(rawField(value, 'caches')),
    stores: rawObject(rawField(value, 'stores')),
    admin: rawField(value, 'admin'),
    tracing: rawField(value, 'tracing'),
    otlp: rawField(value, 'otlp'),
    alerts: rawField(value, 'alerts'),
    acme: rawField(value, 'acme'),
    fleet: rawField(value, 'fleet'),
  };
}
