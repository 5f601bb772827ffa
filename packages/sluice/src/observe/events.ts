/**
 * Events: what the person who runs Sluice is told (an endpoint went down, a reload was refused), one line each. Rare by design:
 * what happens per request is a metric or an access log line. Details never hold secrets; names that sound like one are masked anyway.
 */
import type { Timestamp } from '../base/time.ts';
import { jsonString } from './escape.ts';
import { isoTime } from './log-time.ts';

export type EventLevel = 'info' | 'warn' | 'error';
export type EventValue = string | number | boolean;
export type EventFormat = 'text' | 'json';

/** Something that happened. Also what workers send (`FromWorker`, type `event`). */
export interface EventRecord {
  readonly level: EventLevel;
  /** Kebab-case or a short sentence: `endpoint-down`. */
  readonly what: string;
  readonly detail: Readonly<Record<string, EventValue>>;
}

const SECRET_NAME = /secret|token|password|authorization|cookie|api-?key/i;
const LEVEL_WIDTH = 5;

/** One line, with its line feed. Text is `TIME level what name=value …`; JSON has `time`, `level`, `event` and the details. */
export function formatEvent(event: EventRecord, time: Timestamp, format: EventFormat): string {
  return format === 'json' ? jsonEvent(event, time) : textEvent(event, time);
}

function jsonEvent(event: EventRecord, time: Timestamp): string {
  let line = `{"time":"${isoTime(time)}","level":"${event.level}","event":${jsonString(event.what)}`;
  for (const name of Object.keys(event.detail)) {
    const value = detailValue(event, name);
    line += `,${jsonString(name)}:${typeof value === 'string' ? jsonString(value) : jsonNumber(value)}`;
  }
  return `${line}}\n`;
}

function textEvent(event: EventRecord, time: Timestamp): string {
  let line = `${isoTime(time)} ${event.level.padEnd(LEVEL_WIDTH)} ${plain(event.what)}`;
  for (const name of Object.keys(event.detail)) {
    const value = detailValue(event, name);
    line += ` ${bare(name)}=${typeof value === 'string' ? bare(value) : value}`;
  }
  return `${line}\n`;
}

/** Characters of a text that is kept. */
const TEXT_MAX = 4_096;

/** The details as they may be shown: what a secret's name stands over is hidden, and long texts are cut at 4,096 characters. */
export function shownDetail(event: EventRecord): Record<string, EventValue> {
  const shown: Record<string, EventValue> = {};
  for (const name of Object.keys(event.detail)) {
    const value = detailValue(event, name);
    const text = typeof value === 'string' && value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX - 1).toWellFormed()}…` : value;
    // Not by assignment: `__proto__` is a name like any other.
    Object.defineProperty(shown, name, { value: text, enumerable: true, writable: true, configurable: true });
  }
  return shown;
}

function detailValue(event: EventRecord, name: string): EventValue {
  return SECRET_NAME.test(name) ? '[hidden]' : event.detail[name]!;
}

/** JSON has neither NaN nor Infinity. */
function jsonNumber(value: number | boolean): string {
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

/** As it is where it is one plain word, else quoted as in JSON. */
function bare(text: string): string {
  return /^[\w.:/@%+,*[\]-]+$/.test(text) ? text : jsonString(text);
}

/** Escaped as in JSON, but without the quotes. */
function plain(text: string): string {
  return jsonString(text).slice(1, -1);
}
