import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseHttpDate } from './http-date.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('HTTP-date', () => {
  test('the three forms are one moment (RFC 9110 §5.6.7)', () => {
    const moment = Date.UTC(1994, 10, 6, 8, 49, 37);
    assert.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT', NOW), moment);
    assert.equal(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', NOW), moment);
    assert.equal(parseHttpDate('Sun Nov  6 08:49:37 1994', NOW), moment);
  });

  test('a two-digit year lies at most 50 years ahead (RFC 9110 §5.6.7)', () => {
    assert.equal(parseHttpDate('Thursday, 18-Aug-50 02:01:18 GMT', NOW), Date.UTC(2050, 7, 18, 2, 1, 18));
    assert.equal(parseHttpDate('Thursday, 18-Aug-76 02:01:18 GMT', NOW), Date.UTC(2076, 7, 18, 2, 1, 18));
    assert.equal(parseHttpDate('Thursday, 18-Aug-77 02:01:18 GMT', NOW), Date.UTC(1977, 7, 18, 2, 1, 18));
    assert.equal(parseHttpDate('Thursday, 18-Aug-10 02:01:18 GMT', Date.UTC(2080, 0)), Date.UTC(2110, 7, 18, 2, 1, 18));
  });

  test('letters may be of any case, and the weekday need not fit', () => {
    const moment = Date.UTC(2050, 7, 18, 2, 1, 18);
    for (const text of [
      'THU, 18 Aug 2050 02:01:18 GMT',
      'Thu, 18 AUG 2050 02:01:18 GMT',
      'Thu, 18 Aug 2050 02:01:18 gMT',
      'Mon, 18 Aug 2050 02:01:18 GMT',
    ]) {
      assert.equal(parseHttpDate(text, NOW), moment, text);
    }
  });

  test('dates past 2038 and far ahead are read', () => {
    assert.equal(parseHttpDate('Tue, 19 Jan 2038 14:14:08 GMT', NOW), Date.UTC(2038, 0, 19, 14, 14, 8));
    assert.equal(parseHttpDate('Sun, 21 Nov 2286 04:46:39 GMT', NOW), Date.UTC(2286, 10, 21, 4, 46, 39));
  });

  test('anything else is no date (RFC 9111 §5.3)', () => {
    for (const text of [
      '0',
      '-1',
      '',
      'Thu',
      'Thu, 18 Aug 2050 02:01:18 UTC',
      'Thu, 18 Aug 2050 02:01:18 AEST',
      'Thu, 18 Aug 50 02:01:18 GMT',
      'Thu 18 Aug 2050 02:01:18 GMT',
      'Thu, 18  Aug  2050 02:01:18 GMT',
      'Thu, 18-Aug-2050 02:01:18 GMT',
      'Thu, 18 Aug 2050 02.01.18 GMT',
      'Thu, 18 Aug 2050 2:01:18 GMT',
      'Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT',
      'Thu, 31 Feb 2050 02:01:18 GMT',
      'Thu, 18 Aug 2050 24:01:18 GMT',
      'Thu, 18 Foo 2050 02:01:18 GMT',
      'Xxx, 18 Aug 2050 02:01:18 GMT',
      'Thu, 29 Feb 2100 02:01:18 GMT',
      'Thu, 00 Aug 2050 02:01:18 GMT',
      'Thu, 18 anf 2050 02:01:18 GMT',
    ]) {
      assert.equal(parseHttpDate(text, NOW), null, text);
    }
  });

  test('the shape is exact: each separator, digit and range (RFC 9110 §5.6.7)', () => {
    for (const good of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
      'Sun Nov 16 08:49:37 1994',
    ]) {
      assert.notEqual(parseHttpDate(good, NOW), null, good);
      for (let index = 0; index < good.length; index++) {
        const spoiled = `${good.slice(0, index)}#${good.slice(index + 1)}`;
        assert.equal(parseHttpDate(spoiled, NOW), null, spoiled);
        assert.equal(parseHttpDate(good.slice(0, index) + good.slice(index + 1), NOW), null, `${good} without ${index}`);
      }
      assert.equal(parseHttpDate(`${good} `, NOW), null);
    }
    for (const day of ['31 Apr 2023', '31 Jun 2023', '31 Sep 2023', '31 Nov 2023', '29 Feb 2023', '30 Feb 2024', '32 Jan 2023']) {
      assert.equal(parseHttpDate(`Sun, ${day} 08:49:37 GMT`, NOW), null, day);
    }
    for (const time of ['24:00:00', '23:60:00', '23:59:61']) assert.equal(parseHttpDate(`Sun, 06 Nov 1994 ${time} GMT`, NOW), null, time);
    for (const time of ['00:00:00', '23:59:59', '23:59:60'])
      assert.notEqual(parseHttpDate(`Sun, 06 Nov 1994 ${time} GMT`, NOW), null, time);
    for (const day of [
      '31 Jan 2023',
      '31 Mar 2023',
      '31 May 2023',
      '31 Jul 2023',
      '31 Aug 2023',
      '31 Oct 2023',
      '31 Dec 2023',
      '30 Apr 2023',
      '29 Feb 2000',
    ]) {
      assert.notEqual(parseHttpDate(`Sun, ${day} 08:49:37 GMT`, NOW), null, day);
    }
  });

  test('a two-digit year at the edges of its century', () => {
    assert.equal(parseHttpDate('Sunday, 06-Nov-00 08:49:37 GMT', NOW), Date.UTC(2000, 10, 6, 8, 49, 37));
    assert.equal(parseHttpDate('Sunday, 06-Nov-99 08:49:37 GMT', Date.UTC(2026, 6)), Date.UTC(1999, 10, 6, 8, 49, 37));
    assert.equal(parseHttpDate('Sunday, 06-Nov-31 08:49:37 GMT', Date.UTC(2081, 6)), Date.UTC(2131, 10, 6, 8, 49, 37));
    assert.equal(parseHttpDate('Sunday, 06-Nov-32 08:49:37 GMT', Date.UTC(2081, 6)), Date.UTC(2032, 10, 6, 8, 49, 37));
  });

  test('what the platform formats is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }), (seconds) => {
        assert.equal(parseHttpDate(new Date(seconds * 1000).toUTCString(), NOW), seconds * 1000);
      }),
    );
  });

  test('any text is read without a throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => void parseHttpDate(text, NOW)));
  });
});
