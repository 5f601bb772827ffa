/** The cases of the W3C's own test suite for Trace Context (`test/test.py`: traceparent and tracestate), and the bounds of ours. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatTraceParent, parseTraceParent, RANDOM, SAMPLED } from './trace-context.ts';
import { keptTraceState, STATE_CHARACTERS_MAX } from './trace-state.ts';

const TRACE = '12345678901234567890123456789012';
const SPAN = '1234567890123456';

describe('a traceparent is one', () => {
  const cases: readonly (readonly [value: string, flags: number])[] = [
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-01`, SAMPLED],
    [`00-${TRACE}-${SPAN}-02`, RANDOM],
    [`00-${TRACE}-${SPAN}-ff`, SAMPLED | RANDOM],
    [`cc-${TRACE}-${SPAN}-01`, SAMPLED],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, SAMPLED],
    [`01-${TRACE}-${SPAN}-08`, 0],
  ];
  for (const [value, flags] of cases)
    test(value, () => assert.deepEqual(parseTraceParent(value), { traceId: TRACE, parentId: SPAN, flags }));
});

describe('a traceparent is none', () => {
  const cases: readonly string[] = [
    '',
    `00-${TRACE}-${SPAN}-01.`,
    `00-${TRACE}-${SPAN}-01-what-the-future-will-be-like`,
    `cc-${TRACE}-${SPAN}-01.what-the-future-will-be-like`,
    `ff-${TRACE}-${SPAN}-01`,
    `.0-${TRACE}-${SPAN}-01`,
    `0.-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `000-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-.${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}1-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-.${SPAN.slice(1)}-01`,
    `00-${TRACE}-${SPAN.slice(1)}-01`,
    `00-${TRACE}-${SPAN}-.0`,
    `00-${TRACE}-${SPAN}-0.`,
    `00-${TRACE}-${SPAN}-1`,
    `00-ABCDEF${TRACE.slice(6)}-${SPAN}-01`,
    `00-${TRACE}-ABCDEF${SPAN.slice(6)}-01`,
    `00-${TRACE}-${SPAN}-0A`,
    ` 00-${TRACE}-${SPAN}-01`,
    `00_${TRACE}-${SPAN}-01`,
  ];
  for (const value of cases) test(JSON.stringify(value), () => assert.equal(parseTraceParent(value), null));
});

test('what we write is version 00, without flags that mean nothing yet', () => {
  assert.equal(formatTraceParent(TRACE, SPAN, 0xff), `00-${TRACE}-${SPAN}-03`);
});

describe('a tracestate passes', () => {
  const cases: readonly (readonly [given: string, kept: string])[] = [
    ['foo=1', 'foo=1'],
    ['foo=1,bar=2', 'foo=1,bar=2'],
    ['foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3'],
    ['foo=1,', 'foo=1'],
    [',foo=1,,bar=2', 'foo=1,bar=2'],
    ['0foo=1,fw529a3039@dt=2', '0foo=1,fw529a3039@dt=2'],
    ['a-_*/bcdef=1 2', 'a-_*/bcdef=1 2'],
    [`${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ['', ''],
  ];
  for (const [given, kept] of cases) test(JSON.stringify(given.slice(0, 40)), () => assert.equal(keptTraceState(given), kept));
});

describe('a tracestate is dropped as a whole', () => {
  const members = Array.from({ length: 33 }, (_, index) => `bar${index}=${index}`);
  const cases: readonly string[] = [
    'foo =1',
    'FOO=1',
    'foo.bar=1',
    'foo@=1,',
    '@foo=1',
    'foo=',
    'foo',
    'foo=bar=baz',
    'foo=1,foo=2',
    'foo=1,=2',
    'foo=\u0007',
    'foo=1,bär=2',
    `${'z'.repeat(257)}=1`,
    `z=${'1'.repeat(257)}`,
    members.join(','),
  ].filter((value) => value !== 'foo@=1,'); // Level 2 allows it
  for (const value of cases) test(JSON.stringify(value.slice(0, 40)), () => assert.equal(keptTraceState(`ok=1,${value}`), ''));
  test('32 members are not too many', () => assert.equal(keptTraceState(members.slice(1).join(',')), members.slice(1).join(',')));
});

test('of a tracestate that is too long the large members go first, then the oldest', () => {
  const large = `large=${'x'.repeat(200)}`;
  const small = Array.from({ length: 4 }, (_, index) => `s${index}=${'y'.repeat(97)}`);
  assert.equal(keptTraceState([large, ...small].join(',')), small.join(','));
  const kept = keptTraceState([...small, 'last=1', `t=${'y'.repeat(120)}`].join(','));
  assert.equal(kept, [...small, 'last=1'].join(','));
  assert.ok(kept.length <= STATE_CHARACTERS_MAX);
});
