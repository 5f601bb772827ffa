import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timestamp } from '../../../base/time.ts';
import { type Fields, NO_FIELDS, TextFields } from './fields.ts';
import { currentAge, judge, mayServeOnError, ttlSeconds } from './reuse.ts';
import {
  HAS_VALIDATOR,
  INVALID_UNTIL_VALIDATED,
  MUST_REVALIDATE,
  NO_CACHE,
  SHARED_LIFETIME,
  SOFT_PURGED,
  type StoredReply,
} from './stored-reply.ts';

const RECEIVED = timestamp(1_700_000_000_000);

function stored(over: Partial<StoredReply> = {}): StoredReply {
  return {
    kind: 'reply',
    status: 200,
    receivedAt: RECEIVED,
    initialAgeMs: 0,
    freshForMs: 60_000,
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    flags: HAS_VALIDATOR,
    head: '',
    bodyBytes: 3,
    ...over,
  };
}

const asks = (value: string): Fields => new TextFields(`Cache-Control: ${value}\r\n`);
const after = (ms: number) => timestamp(RECEIVED + ms);

/** Kind and detail, in short. */
function told(reply: StoredReply | null, ms: number, request: Fields = NO_FIELDS): string {
  const { kind, forward } = judge(reply, request, after(ms));
  return forward === null ? kind : `${kind}:${forward}`;
}

describe('reuse', () => {
  test('a reply is fresh while its lifetime is larger than its age (RFC 9111 §4.2)', () => {
    assert.equal(told(stored(), 59_999), 'fresh');
    assert.equal(told(stored(), 60_000), 'revalidate:stale');
    assert.equal(told(stored({ initialAgeMs: 30_000 }), 30_000), 'revalidate:stale');
    assert.equal(told(stored({ freshForMs: 0 }), 0), 'revalidate:stale');
  });

  test('age grows with time, but not against a clock that went back (RFC 9111 §4.2.3)', () => {
    assert.equal(currentAge(stored({ initialAgeMs: 500 }), after(1000)), 1500);
    assert.equal(currentAge(stored({ initialAgeMs: 500 }), after(-1000)), 500);
    assert.equal(ttlSeconds(stored(), after(1)), 59);
    assert.equal(ttlSeconds(stored(), after(60_001)), -1);
  });

  test('no-cache and invalidation need a validation, even when fresh (RFC 9111 §5.2.2.4, §4.4)', () => {
    for (const flags of [NO_CACHE, INVALID_UNTIL_VALIDATED]) {
      const reply = stored({ flags, staleWhileRevalidateMs: 90_000, staleIfErrorMs: 90_000 });
      assert.equal(told(reply, 0), 'revalidate:stale');
      assert.equal(told(reply, 0, asks('max-stale')), 'revalidate:stale');
      assert.ok(!mayServeOnError(reply, after(0), 'network'));
    }
  });

  test('in the window of stale-while-revalidate it is served, after it not (RFC 5861 §3)', () => {
    const reply = stored({ freshForMs: 1000, staleWhileRevalidateMs: 4000 });
    assert.equal(told(reply, 4999), 'stale-while-revalidate');
    assert.equal(told(reply, 5000), 'revalidate:stale');
    assert.equal(told(stored({ freshForMs: 1000, staleWhileRevalidateMs: 4000, flags: MUST_REVALIDATE }), 3000), 'revalidate:stale');
  });

  test('what is purged softly is stale at once and keeps its windows', () => {
    assert.equal(told(stored({ flags: SOFT_PURGED }), 1), 'revalidate:stale');
    const windows = stored({ flags: SOFT_PURGED, staleWhileRevalidateMs: 1, staleIfErrorMs: 1 });
    assert.equal(told(windows, 1), 'stale-while-revalidate');
    assert.ok(mayServeOnError(windows, after(1), 503));
    assert.ok(!mayServeOnError(stored({ flags: SOFT_PURGED }), after(1), 503));
  });

  test('nothing stored, no variant, and the marker of hit-for-miss', () => {
    assert.equal(told(null, 0), 'miss:uri-miss');
    assert.equal(told(stored({ kind: 'vary' }), 0), 'miss:vary-miss');
    assert.equal(told(stored({ kind: 'pass' }), 59_999), 'pass:miss');
    assert.equal(told(stored({ kind: 'pass' }), 60_000), 'miss:uri-miss');
    assert.equal(told(stored({ kind: 'vary' }), 0, asks('max-age=5')), 'miss:vary-miss');
  });
});

describe('directives of the client', () => {
  test('max-age asks for something younger (RFC 9111 §5.2.1.1)', () => {
    assert.equal(told(stored(), 10_000, asks('max-age=10')), 'fresh');
    assert.equal(told(stored(), 10_001, asks('max-age=10')), 'revalidate:request');
    assert.equal(told(stored(), 1, asks('max-age=0')), 'revalidate:request');
    assert.equal(told(stored({ initialAgeMs: 1_800_000, freshForMs: 9_000_000 }), 0, asks('max-age=600')), 'revalidate:request');
    assert.equal(told(stored(), 70_000, asks('max-age=0')), 'revalidate:stale');
  });

  test('min-fresh asks for something that stays fresh (RFC 9111 §5.2.1.3)', () => {
    assert.equal(told(stored(), 10_000, asks('min-fresh=50')), 'fresh');
    assert.equal(told(stored(), 10_001, asks('min-fresh=50')), 'revalidate:request');
  });

  test('no-cache asks the origin, no-store goes by the cache (RFC 9111 §5.2.1.4, §5.2.1.5)', () => {
    assert.equal(told(stored(), 0, asks('no-cache')), 'revalidate:request');
    assert.equal(told(stored(), 0, asks('no-store')), 'pass:request');
    assert.equal(told(null, 0, asks('no-store')), 'pass:request');
  });

  test('max-stale takes what is stale, as far as it says (RFC 9111 §5.2.1.2)', () => {
    assert.equal(told(stored(), 70_000, asks('max-stale=10')), 'stale');
    assert.equal(told(stored(), 70_001, asks('max-stale=10')), 'revalidate:stale');
    assert.equal(told(stored(), 9_000_000, asks('max-stale')), 'stale');
    assert.equal(told(stored(), 70_000, asks('max-stale=x')), 'revalidate:stale');
  });

  test('max-stale never revives what the origin forbids (RFC 9111 §4.2.4)', () => {
    for (const flags of [MUST_REVALIDATE, SHARED_LIFETIME, NO_CACHE, INVALID_UNTIL_VALIDATED, SOFT_PURGED]) {
      assert.equal(told(stored({ flags }), 60_001, asks('max-stale=1000')), 'revalidate:stale', `${flags}`);
    }
  });

  test('only-if-cached is a stored reply or 504 (RFC 9111 §5.2.1.7)', () => {
    assert.equal(told(null, 0, asks('only-if-cached')), 'unavailable');
    assert.equal(told(stored(), 0, asks('only-if-cached')), 'fresh');
    assert.equal(told(stored(), 60_000, asks('only-if-cached')), 'unavailable');
    assert.equal(told(stored(), 60_000, asks('only-if-cached, max-stale')), 'stale');
    assert.equal(told(stored({ kind: 'pass' }), 0, asks('only-if-cached')), 'unavailable');
  });

  test('unknown and broken directives ask for nothing', () => {
    for (const value of ['nothing-to-see-here', 'max-age=x', 'min-fresh=-1', 'max-age', ',,', '"'])
      assert.equal(told(stored(), 1000, asks(value)), 'fresh', value);
  });

  test('they may be ignored altogether', () => {
    assert.equal(judge(stored(), asks('no-cache, no-store'), after(0), { clientDirectives: 'ignore' }).kind, 'fresh');
    assert.equal(judge(null, asks('only-if-cached'), after(0), { clientDirectives: 'ignore' }).kind, 'miss');
  });
});

describe('when the origin fails', () => {
  test('a stale reply stands in within its window, for the failures of RFC 5861 §4', () => {
    const reply = stored({ staleIfErrorMs: 10_000 });
    for (const failure of [500, 502, 503, 504, 'network'] as const) {
      assert.ok(mayServeOnError(reply, after(69_999), failure), `${failure}`);
      assert.ok(!mayServeOnError(reply, after(70_000), failure), `${failure}`);
    }
    for (const status of [200, 404, 429, 501, 505]) assert.ok(!mayServeOnError(reply, after(69_999), status), `${status}`);
  });

  test('a fresh one stands in that was to be validated for the client only', () => {
    assert.ok(mayServeOnError(stored(), after(1), 503));
    assert.ok(mayServeOnError(stored({ flags: MUST_REVALIDATE }), after(1), 503));
  });

  test('a client may widen the window, but not where the origin closed it (RFC 5861 §4)', () => {
    assert.ok(mayServeOnError(stored(), after(69_999), 'network', asks('stale-if-error=10')));
    assert.ok(!mayServeOnError(stored(), after(70_000), 'network', asks('stale-if-error=10')));
    assert.ok(!mayServeOnError(stored(), after(60_001), 'network', asks('stale-if-error')));
    for (const flags of [MUST_REVALIDATE, SHARED_LIFETIME, NO_CACHE, SOFT_PURGED]) {
      assert.ok(!mayServeOnError(stored({ flags }), after(60_001), 503, asks('stale-if-error=10')), `${flags}`);
    }
  });

  test('must-revalidate forbids it, and markers have nothing to serve (RFC 9111 §5.2.2.2)', () => {
    assert.ok(!mayServeOnError(stored({ flags: MUST_REVALIDATE, staleIfErrorMs: 10_000 }), after(60_001), 'network'));
    assert.ok(!mayServeOnError(stored({ kind: 'pass' }), after(0), 'network'));
  });
});
