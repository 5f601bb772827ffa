/** A reply of a user's filter, checked: what is wrong with it throws a TypeError that says so. */
import type { FilterAnswer } from './custom-filter.ts';
import { HeaderList } from './header-list.ts';

export interface CheckedAnswer {
  readonly status: number;
  /** Field lines, each with CRLF. */
  readonly fields: string;
  readonly body: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();

export function checkAnswer(given: unknown): CheckedAnswer {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`a filter returns a reply, an object such as { status: 403, body: 'no' }, or nothing; got ${describe(given)}`);
  }
  const { status, headers, body } = given as FilterAnswer;
  checkStatus(status);
  const list = new HeaderList([]);
  for (const [name, value] of entries(headers)) list.append(name, value);
  const bytes = bodyBytes(body ?? null);
  if (typeof body === 'string' && !list.has('content-type')) list.set('Content-Type', 'text/plain; charset=utf-8');
  return { status, fields: list.lines(), body: bytes ?? EMPTY };
}

/** @throws {TypeError} where it is no final status. */
export function checkStatus(status: unknown): void {
  if (Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599) return;
  throw new TypeError(`a reply's status is a whole number 200..599, got ${describe(status)}`);
}

/** The bytes of a body; null: there is none. */
export function bodyBytes(body: unknown): Uint8Array | null {
  if (body === null) return null;
  if (typeof body === 'string') return encoder.encode(body);
  if (body instanceof Uint8Array) return body;
  throw new TypeError(`a reply's body is a text or a Uint8Array, got ${describe(body)}; JSON.stringify makes a text of an object`);
}

function* entries(headers: FilterAnswer['headers']): Iterable<readonly [string, string]> {
  if (headers === undefined) return;
  if (Symbol.iterator in headers) {
    yield* headers as Iterable<readonly [string, string]>;
    return;
  }
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'object') for (const each of value) yield [name, each];
    else yield [name, value];
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return value === null || typeof value !== 'object' ? String(value) : Array.isArray(value) ? 'a list' : 'an object';
}
