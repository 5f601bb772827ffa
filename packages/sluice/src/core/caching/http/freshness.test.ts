import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timestamp } from '../../../base/time.ts';
import { effectiveControl } from './effective-control.ts';
import { TextFields } from './fields.ts';
import {
  ageSeconds,
  DEFAULT_FRESHNESS,
  type FreshnessOptions,
  freshnessOf,
  isWorthStoring,
  type StoredTimes,
  strictAgeSeconds,
} from './freshness.ts';
import { DELTA_MAX } from './delta-seconds.ts';
import { HAS_VALIDATOR, HEURISTIC, MUST_REVALIDATE, NO_CACHE, SHARED_LIFETIME } from './stored-reply.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;

interface Case {
  readonly status?: number;
  /** How long the reply took. */
  readonly delayMs?: number;
  readonly receivedAt?: number;
  readonly options?: Partial<FreshnessOptions>;
}

/** A Date field so many seconds from NOW. */
function at(name: string, seconds: number): string {
  return `${name}: ${new Date(NOW + seconds * 1000).toUTCString()}\r\n`;
}

function times(text: string, { status = 200, delayMs = 0, receivedAt = NOW, options = {} }: Case = {}): StoredTimes {
  const fields = new TextFields(text);
  const reply = {
    status,
    fields,
    age: fields.get('age'),
    control: effectiveControl(fields),
    requestedAt: timestamp(receivedAt - delayMs),
    receivedAt: timestamp(receivedAt),
  };
  return freshnessOf(reply, { ...DEFAULT_FRESHNESS, ...options });
}

describe('freshness lifetime', () => {
  test('s-maxage, then max-age, then Expires (RFC 9111 §4.2.1)', () => {
    const expires = at('Date', 0) + at('Expires', 30);
    assert.equal(times(`${expires}Cache-Control: max-age=20, s-maxage=10\r\n`).freshForMs, 10_000);
    assert.equal(times(`${expires}Cache-Control: max-age=20\r\n`).freshForMs, 20_000);
    assert.equal(times(expires).freshForMs, 30_000);
    assert.equal(times(`${at('Expires', -10)}Cache-Control: max-age=0, s-maxage=3600\r\n`).freshForMs, HOUR);
    assert.equal(times(`${at('Expires', 3600)}Cache-Control: max-age=0\r\n`).freshForMs, 0);
  });

  test('a targeted field replaces Cache-Control and Expires (RFC 9213 §2.2)', () => {
    const rest = `${at('Date', 0)}${at('Expires', 10_000)}Cache-Control: max-age=3600\r\n`;
    assert.equal(times(`${rest}CDN-Cache-Control: max-age=1\r\n`).freshForMs, 1000);
    assert.equal(times(`${rest}CDN-Cache-Control: foo\r\n`).freshForMs, 0);
    assert.equal(times(`${rest}CDN-Cache-Control: max-age="1"\r\n`).freshForMs, HOUR);
  });

  test('what cannot be read is over (RFC 9111 §4.2.1, §5.3)', () => {
    assert.equal(times('Cache-Control: max-age=x\r\n').freshForMs, 0);
    assert.equal(times(`${at('Last-Modified', -86_400)}Cache-Control: s-maxage=1.5, max-age=60\r\n`).freshForMs, 0);
    assert.equal(times(`${at('Last-Modified', -86_400)}Expires: 0\r\n`).freshForMs, 0);
    assert.equal(times(at('Expires', 60) + at('Expires', 60)).freshForMs, 0);
  });

  test('Expires counts from Date, or from arrival where Date is broken (RFC 9111 §4.2.1)', () => {
    assert.equal(times(at('Date', 400) + at('Expires', 300)).freshForMs, 0);
    assert.equal(times(at('Date', 10) + at('Expires', 20)).freshForMs, 10_000);
    assert.equal(times(at('Date', 0) + at('Expires', 0)).freshForMs, 0);
    assert.equal(times(`Date: foo\r\n${at('Expires', 10)}`).freshForMs, 10_000);
  });

  test('a guess is a tenth of the time since Last-Modified, at most a day, for statuses that allow it (RFC 9111 §4.2.2)', () => {
    const dated = at('Date', 0) + at('Last-Modified', -3600);
    assert.equal(times(dated).freshForMs, 360_000);
    assert.ok((times(dated).flags & HEURISTIC) !== 0);
    assert.equal(times(at('Date', 0) + at('Last-Modified', -86_400 * 100)).freshForMs, 24 * HOUR);
    assert.equal(times(at('Date', 0) + at('Last-Modified', 3600)).freshForMs, 0);
    assert.equal(times(at('Date', 0)).freshForMs, 0);
    assert.equal(times(dated, { options: { heuristicMaxMs: 0 } }).freshForMs, 0);
    for (const status of [201, 403, 503, 599]) assert.equal(times(dated, { status }).freshForMs, 0, `${status}`);
    assert.equal(times(`${dated}Cache-Control: public\r\n`, { status: 599 }).freshForMs, 360_000);
  });

  test('the operator may give, raise and lower lifetimes, but not revive what the origin ended', () => {
    const options = { defaultTtlMs: new Map([[404, 5000]]), minTtlMs: 2000, maxTtlMs: 10_000 };
    assert.equal(times('', { status: 404, options }).freshForMs, 5000);
    assert.equal(times('Cache-Control: max-age=1\r\n', { status: 404, options }).freshForMs, 2000);
    assert.equal(times('Cache-Control: max-age=60\r\n', { options }).freshForMs, 10_000);
    assert.equal(times('Cache-Control: max-age=0\r\n', { options }).freshForMs, 0);
  });

  test('lifetimes of 68 years and more are kept exactly (RFC 9111 §1.2.2)', () => {
    assert.equal(times('Cache-Control: max-age=99999999999\r\n').freshForMs, 2_147_483_648_000);
  });
});

describe('age on arrival', () => {
  test('is the larger of apparent age and Age plus delay (RFC 9111 §4.2.3)', () => {
    assert.equal(times(at('Date', -7200)).initialAgeMs, 2 * HOUR);
    assert.equal(times(`${at('Date', -10)}Age: 25\r\n`, { delayMs: 500 }).initialAgeMs, 25_500);
    assert.equal(times(at('Date', 10)).initialAgeMs, 0);
    assert.equal(times('', { delayMs: 1200 }).initialAgeMs, 1200);
    assert.equal(times('', { delayMs: -50 }).initialAgeMs, 0);
  });

  test('Date has whole seconds, so a reply of this second has no apparent age', () => {
    assert.equal(times(at('Date', 0), { receivedAt: NOW + 999 }).initialAgeMs, 0);
    assert.equal(times(at('Date', 0), { receivedAt: NOW + 1000 }).initialAgeMs, 1000);
  });

  test('Age is the first of its list, and what is no number is ignored (RFC 9111 §5.1)', () => {
    const cases: readonly (readonly [string | null, number])[] = [
      [null, 0],
      ['', 0],
      ['abc', 0],
      ['-7200', 0],
      ['7200.0', 0],
      ['7200;foo=bar', 0],
      ['7200, 0', 7200],
      ['0, 7200', 0],
      ['3600 , 3600', 3600],
      [', 5', 0],
      ['2147483647', 2_147_483_647],
      ['2147483649', 2_147_483_648],
      ['9'.repeat(300), 2_147_483_648],
    ];
    for (const [value, seconds] of cases) assert.equal(ageSeconds(value), seconds, `${value}`);
  });
});

describe('windows and flags', () => {
  test('the windows of RFC 5861 are those of the reply, else those of the operator', () => {
    const options = { staleWhileRevalidateMs: 1000, staleIfErrorMs: 2000 };
    const stated = times('Cache-Control: max-age=1, stale-while-revalidate=3, stale-if-error=0\r\n', { options });
    assert.deepEqual([stated.staleWhileRevalidateMs, stated.staleIfErrorMs], [3000, 0]);
    const plain = times('Cache-Control: max-age=1\r\n', { options });
    assert.deepEqual([plain.staleWhileRevalidateMs, plain.staleIfErrorMs], [1000, 2000]);
    assert.equal(times('Cache-Control: stale-if-error=x\r\n', { options }).staleIfErrorMs, 0);
  });

  test('must-revalidate, proxy-revalidate and no-cache leave no window (RFC 9111 §4.2.4)', () => {
    const options = { staleWhileRevalidateMs: 1000, staleIfErrorMs: 2000 };
    for (const [directive, flag] of [
      ['must-revalidate', MUST_REVALIDATE],
      ['proxy-revalidate', MUST_REVALIDATE],
      ['no-cache', NO_CACHE],
    ] as const) {
      const closed = times(`Cache-Control: max-age=1, ${directive}, stale-while-revalidate=3, stale-if-error=4\r\n`, { options });
      assert.deepEqual([closed.staleWhileRevalidateMs, closed.staleIfErrorMs, closed.flags], [0, 0, flag], directive);
    }
  });

  test('s-maxage closes the windows of the operator, not those that the origin names beside it (RFC 9111 §5.2.2.10)', () => {
    const options = { staleWhileRevalidateMs: 1000, staleIfErrorMs: 2000 };
    const closed = times('Cache-Control: max-age=2, s-maxage=2\r\n', { options });
    assert.deepEqual([closed.staleWhileRevalidateMs, closed.staleIfErrorMs, closed.flags], [0, 0, SHARED_LIFETIME]);
    assert.equal(times('Cache-Control: s-maxage=2, stale-while-revalidate=9\r\n', { options }).staleWhileRevalidateMs, 9000);
  });

  test('a reply is worth storing when it can be served or validated', () => {
    assert.ok(isWorthStoring(times('Cache-Control: max-age=1\r\n')));
    assert.ok(isWorthStoring(times('Cache-Control: no-cache\r\nETag: "a"\r\n')));
    assert.ok((times('ETag: "a"\r\n').flags & HAS_VALIDATOR) !== 0);
    assert.ok(!isWorthStoring(times('')));
    assert.ok(!isWorthStoring(times('Cache-Control: max-age=60, no-cache\r\n')));
    assert.ok(!isWorthStoring(times('Cache-Control: max-age=60\r\nAge: 60\r\n')));
    assert.ok(isWorthStoring(times('Cache-Control: max-age=60, stale-if-error=60\r\nAge: 60\r\n')));
  });
});

test('where an Age that is no single number is old, lists and nonsense are, and one number is what it says', () => {
  const values: readonly (readonly [string | null, number])[] = [
    [null, 0],
    ['7', 7],
    ['0, 7', DELTA_MAX],
    ['abc', DELTA_MAX],
    ['-1', DELTA_MAX],
    ['1.0', DELTA_MAX],
  ];
  for (const [value, seconds] of values) assert.equal(strictAgeSeconds(value), seconds, String(value));
});
