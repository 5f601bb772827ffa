import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { appendCacheStatus, cacheStatusMember, factsOf, hitMember, NO_FACTS } from './cache-status.ts';
import { NO_FIELDS, TextFields } from './fields.ts';
import { judge } from './reuse.ts';
import { timestamp } from '../../../base/time.ts';

describe('Cache-Status', () => {
  test('a hit, with its freshness (RFC 9211 §2.1, §2.4)', () => {
    assert.equal(cacheStatusMember('sluice', { ...NO_FACTS, isHit: true, ttl: 376, detail: 'memory' }), 'sluice;hit;ttl=376;detail=memory');
    assert.equal(hitMember('sluice', -412, 'disk'), 'sluice;hit;ttl=-412;detail=disk');
  });

  test('a forwarded request, with what came of it (RFC 9211 §2.2 to §2.6)', () => {
    const facts = { ...NO_FACTS, forward: 'stale', forwardStatus: 304, ttl: 60, isStored: true, isCollapsed: true } as const;
    assert.equal(cacheStatusMember('sluice', facts), 'sluice;fwd=stale;fwd-status=304;ttl=60;stored;collapsed');
    for (const forward of ['bypass', 'method', 'uri-miss', 'vary-miss', 'miss', 'request', 'partial'] as const) {
      assert.equal(cacheStatusMember('c', { ...NO_FACTS, forward }), `c;fwd=${forward}`);
    }
  });

  test('a hit is never forwarded as well (RFC 9211 §2.1)', () => {
    assert.equal(
      cacheStatusMember('c', { ...NO_FACTS, isHit: true, forward: 'miss', forwardStatus: 200, isStored: true, isCollapsed: true }),
      'c;hit',
    );
  });

  test('keys are strings, quoted and escaped; names and details tokens where they can be (RFC 9651 §3.3.3)', () => {
    assert.equal(
      cacheStatusMember('my cache', { ...NO_FACTS, isHit: true, key: 'a"b\\c\n\u00e9\ud800', detail: 'a b' }),
      '"my cache";hit;key="a\\"b\\\\c%0A%C3%A9%EF%BF%BD";detail="a b"',
    );
    assert.equal(cacheStatusMember('Cache.example:8080/x', { ...NO_FACTS, detail: '1st' }), 'Cache.example:8080/x;detail="1st"');
    assert.equal(cacheStatusMember('', NO_FACTS), '""');
  });

  test('our member stands behind those of caches nearer to the origin (RFC 9211 §2)', () => {
    assert.equal(appendCacheStatus('Origin; hit', 'sluice;hit'), 'Origin; hit, sluice;hit');
    assert.equal(appendCacheStatus(null, 'sluice;hit'), 'sluice;hit');
  });

  test('verdicts say why they forward', () => {
    assert.equal(cacheStatusMember('c', factsOf(judge(null, NO_FIELDS, timestamp(0)))), 'c;fwd=uri-miss');
    assert.equal(
      cacheStatusMember('c', factsOf(judge(null, new TextFields('Cache-Control: only-if-cached\r\n'), timestamp(0)))),
      'c;detail=only-if-cached',
    );
  });
});
