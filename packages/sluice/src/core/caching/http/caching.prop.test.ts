import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { timestamp } from '../../../base/time.ts';
import { parseCacheControl } from './cache-control.ts';
import { DELTA_MAX } from './delta-seconds.ts';
import { effectiveControl, parseTargeted } from './effective-control.ts';
import { listHasTag } from './entity-tag.ts';
import { type Fields, TextFields } from './fields.ts';
import { DEFAULT_FRESHNESS, freshnessOf } from './freshness.ts';
import { normalEncodings, normalLanguages, normalList } from './negotiation.ts';
import { rangeOf } from './range.ts';
import { type KeyOptions, KeyRule } from './request-key.ts';
import { DEFAULT_STORABILITY, mayStore } from './storability.ts';
import { storedHead } from './stored-head.ts';
import { updatedHead } from './update.ts';
import { variantKey, varyNames } from './vary.ts';

/** Values as wild as a field may hold: pieces that parsers stumble over, glued in any way. */
const PIECES = [
  'max-age',
  '=',
  '"',
  '\\',
  ',',
  ' ',
  ';',
  'q=0.5',
  'private',
  'no-store',
  'no-cache',
  '3600',
  '-',
  'bytes=',
  'W/',
  '*',
  '(',
  ')',
  ':',
  '%',
  '@',
  '?1',
  '\t',
  '\u00e9',
  'gzip',
  'a',
  '0-5',
  '.5',
];
const wild = fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join(''));

const PARSERS: readonly (readonly [string, (text: string) => unknown])[] = [
  ['Cache-Control', parseCacheControl],
  ['CDN-Cache-Control', parseTargeted],
  ['Vary', varyNames],
  ['If-None-Match', (text) => listHasTag(text, '"zzz"')],
  ['Range', (text) => rangeOf(text, 1000)],
  ['Accept-Encoding', normalEncodings],
  ['Accept-Language', normalLanguages],
  ['any list', normalList],
  ['a head', (text) => storedHead(text, [], 'now')],
];

describe('parsers of caching fields', () => {
  for (const [name, parse] of PARSERS) {
    test(`${name}: never throws`, () => {
      fc.assert(
        fc.property(wild, (text) => void parse(text)),
        { numRuns: 2000 },
      );
    });

    test(`${name}: 64 KiB of the worst take a bounded time`, () => {
      const units = [
        '"',
        '\\"',
        '"\\',
        ',',
        '"\\",',
        'a="',
        'max-age="1",',
        'no-cache="a",',
        '(',
        'a=(',
        'a;',
        ' ',
        'bytes=',
        '0-0,',
        'q=',
        'a\r\n',
        'a:\n',
        'a="b";c="d",',
        'Connection: a\r\n',
      ];
      for (const unit of units) {
        const text = unit.repeat(65_536 / unit.length);
        const start = performance.now();
        parse(text);
        parse(`a="${text}`);
        assert.ok(performance.now() - start < 500, `${JSON.stringify(unit)} took ${performance.now() - start} ms`);
      }
    });
  }
});

const heads = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'Cache-Control',
        'CDN-Cache-Control',
        'Age',
        'Date',
        'Expires',
        'Last-Modified',
        'ETag',
        'Vary',
        'Set-Cookie',
        'Connection',
        'X',
      ),
      wild,
    ),
    { maxLength: 8 },
  )
  .map((lines) => lines.map(([name, value]) => `${name}: ${value}\r\n`).join(''));

describe('whatever an origin sends', () => {
  test('times are finite, in range, and forbid stale use where the reply does', () => {
    fc.assert(
      fc.property(heads, fc.integer({ min: 100, max: 699 }), fc.integer({ min: 0, max: 9e12 }), (text, status, now) => {
        const fields = new TextFields(text);
        const control = effectiveControl(fields);
        const options = { ...DEFAULT_FRESHNESS, staleWhileRevalidateMs: 5000, staleIfErrorMs: 5000 };
        const times = freshnessOf(
          { status, fields, control, age: fields.get('age'), requestedAt: timestamp(now), receivedAt: timestamp(now) },
          options,
        );
        for (const ms of [times.freshForMs, times.staleIfErrorMs, times.staleWhileRevalidateMs])
          assert.ok(ms >= 0 && ms <= DELTA_MAX * 1000 * 200, `${ms}`);
        assert.ok(times.initialAgeMs >= 0 && Number.isSafeInteger(times.initialAgeMs));
        if (control.isMustRevalidate || control.isNoCache) assert.equal(times.staleIfErrorMs + times.staleWhileRevalidateMs, 0);
      }),
      { numRuns: 2000 },
    );
  });

  test('private and no-store are never stored, wherever they stand among clean directives', () => {
    const directives = fc.shuffledSubarray(['max-age=60', 'public', 's-maxage=5', 'x="a,b"', 'must-revalidate', 'stale-if-error=9']);
    const closing = fc.constantFrom('private', 'no-store', 'Private="a"', 'NO-STORE=1', 'private=" b"', 'no-store;x');
    fc.assert(
      fc.property(directives, closing, directives, (before, closed, behind) => {
        const fields = new TextFields(`Cache-Control: ${[...before, closed, ...behind].join(', ')}\r\n`);
        const response = { status: 200, fields, control: effectiveControl(fields), isComplete: true };
        assert.ok(!mayStore({ method: 'GET', fields: new TextFields('') }, response, DEFAULT_STORABILITY).store);
      }),
    );
  });

  test('a stored head is a fixed point, and an update with itself changes no value', () => {
    fc.assert(
      fc.property(heads, (text) => {
        const { head } = storedHead(text, [], 'now');
        assert.equal(storedHead(head, [], 'then').head, head);
        const updated = new TextFields(updatedHead(head, head, [], null));
        const before = new TextFields(head);
        for (const name of ['cache-control', 'etag', 'vary', 'x', 'date', 'set-cookie'])
          assert.equal(updated.get(name), before.get(name), name);
      }),
    );
  });
});

describe('keys', () => {
  const value = fc.option(
    fc.string({ unit: fc.constantFrom('a', 'b', '=', ':', ';', '1', '2', ' x', '&', '?', '\n', 'h:', 'c:'), maxLength: 6 }),
    { nil: null },
  );
  const path = fc.string({ unit: fc.constantFrom('a', '/', '&', '=', ':', ';'), maxLength: 4 }).map((text) => `/${text}`);
  const query = fc.option(fc.string({ unit: fc.constantFrom('a', 'b', '&', '=', '?', '/', ';', '%61'), maxLength: 6 }), { nil: null });
  const request = fc.record({
    scheme: fc.constantFrom('http', 'https'),
    host: fc.constantFrom('a', 'a:8', 'a.b', '[::1]'),
    path,
    query,
    one: value,
    two: value,
  });

  test('two requests that differ in a keyed part never share a key', () => {
    const options: KeyOptions = { query: { kind: 'all' }, isSorted: false, headers: ['one', 'two'], cookies: [] };
    const rule = new KeyRule(options);
    const fieldsOf = (parts: { readonly one: string | null; readonly two: string | null }): Fields => ({
      get: (name) => (name === 'one' ? parts.one : parts.two),
    });
    fc.assert(
      fc.property(request, request, (left, right) => {
        const isSame = JSON.stringify(left) === JSON.stringify(right);
        assert.equal(rule.key(left, fieldsOf(left)) === rule.key(right, fieldsOf(right)), isSame);
      }),
      { numRuns: 5000 },
    );
  });

  test('a query in the key of sorted parameters has the same parameters, none invented and none lost', () => {
    const rule = new KeyRule({ query: { kind: 'all' }, isSorted: true, headers: [], cookies: [] });
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a=1', 'b', 'a=2', '', 'c=;', '%61=3')), (parameters) => {
        const text = rule.key({ scheme: 'http', host: 'h', path: '/', query: parameters.join('&') }, new TextFields(''));
        assert.deepEqual(text.slice('http://h/?'.length).split('&').toSorted(), parameters.length === 0 ? [''] : parameters.toSorted());
      }),
    );
  });

  test('variants share a key only when each value is the same but for blanks', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', '=', ':', ';', '1'), maxLength: 5 });
    const pair = fc.record({ x: fc.option(plain, { nil: null }), y: fc.option(plain, { nil: null }) });
    const fieldsOf = (parts: { readonly x: string | null; readonly y: string | null }): Fields => ({
      get: (name) => (name === 'x' ? parts.x : parts.y),
    });
    fc.assert(
      fc.property(pair, pair, (left, right) => {
        const isSame = left.x === right.x && left.y === right.y;
        assert.equal(variantKey(['x', 'y'], fieldsOf(left)) === variantKey(['x', 'y'], fieldsOf(right)), isSame);
      }),
      { numRuns: 3000 },
    );
  });
});
