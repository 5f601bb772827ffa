import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ABSENT } from './cache-control.ts';
import { DELTA_MAX } from './delta-seconds.ts';
import { effectiveControl, parseTargeted } from './effective-control.ts';
import { TextFields } from './fields.ts';

const controlOf = (text: string, targets?: readonly string[]) => effectiveControl(new TextFields(text), targets);

describe('targeted cache control', () => {
  test('a valid targeted field takes the place of Cache-Control (RFC 9213 §2.2)', () => {
    const control = controlOf('Cache-Control: no-store\r\nCDN-Cache-Control: max-age=10000\r\n');
    assert.ok(control.isTargeted && !control.isNoStore);
    assert.equal(control.maxAge, 10_000);
    assert.equal(controlOf('Cache-Control: max-age=5\r\n').maxAge, 5);
  });

  test('the most specific target of the list counts (RFC 9213 §2.2)', () => {
    const text = 'CDN-Cache-Control: max-age=10\r\nSluice-Cache-Control: max-age=20\r\n';
    assert.equal(controlOf(text, ['sluice-cache-control', 'cdn-cache-control']).maxAge, 20);
    assert.equal(controlOf(`${text}Cache-Control: max-age=1\r\n`, []).maxAge, 1);
  });

  test('an invalid or empty targeted field is ignored as a whole (RFC 9213 §2.1)', () => {
    const broken = [
      'max-age=10000, &&&&&',
      'max-age="10000"',
      'max-age =100',
      'max-age= 100',
      'MaX-aGe=3600',
      '',
      ' ',
      'max-age=1.5',
      'max-age=10,',
      'no-store=1',
    ];
    for (const value of broken) {
      assert.equal(parseTargeted(value), null, value);
      assert.ok(controlOf(`Cache-Control: no-store\r\nCDN-Cache-Control: ${value}\r\n`).isNoStore, value);
    }
  });

  test('integers reach 15 digits, more than 2^31 counts as 2^31, less than 0 as 0 (RFC 9213 §2.1)', () => {
    assert.equal(parseTargeted('max-age=99999999999')!.maxAge, DELTA_MAX);
    assert.equal(parseTargeted('max-age=-5')!.maxAge, 0);
    assert.equal(parseTargeted(`max-age=${'9'.repeat(16)}`), null);
  });

  test('each directive is read as in Cache-Control (RFC 9213 §2.1)', () => {
    const control = parseTargeted('s-maxage=1, stale-while-revalidate=2, stale-if-error=3, max-age=4')!;
    assert.deepEqual([control.sMaxage, control.staleWhileRevalidate, control.staleIfError, control.maxAge], [1, 2, 3, 4]);
    const flags = parseTargeted('public, must-revalidate, proxy-revalidate, must-understand, no-store')!;
    assert.ok(flags.isPublic && flags.isMustRevalidate && flags.isProxyRevalidate && flags.isMustUnderstand && flags.isNoStore);
    const none = parseTargeted('public=?0, must-revalidate=?0, proxy-revalidate=?0, must-understand=?0, private=?0, no-cache=?0')!;
    assert.ok(
      !none.isPublic && !none.isMustRevalidate && !none.isProxyRevalidate && !none.isMustUnderstand && !none.isPrivate && !none.isNoCache,
    );
    for (const name of ['public', 'must-revalidate', 'proxy-revalidate', 'must-understand', 'private', 'no-cache'])
      assert.equal(parseTargeted(`${name}=1`), null, name);
  });

  test('parameters and unknown directives are left out (RFC 9213 §2.1)', () => {
    const control = parseTargeted('foobar, max-age=3600;a=b;c, x=(1 "b" c);d, y=:aGk=:, z=@1659578233, w=%"f%c3%bc"')!;
    assert.equal(control.maxAge, 3600);
    assert.equal(controlOf('Cache-Control: max-age=9\r\nCDN-Cache-Control: foo\r\n').maxAge, ABSENT);
  });

  test('of repeated keys the last counts (RFC 9651 §4.2.2)', () => {
    assert.equal(parseTargeted('max-age=1, max-age=2')!.maxAge, 2);
    assert.equal(parseTargeted('no-store, no-store=?0')!.isNoStore, false);
  });

  test('private and no-cache may name fields (RFC 9213 §2.1)', () => {
    assert.ok(parseTargeted('private="a"')!.isPrivate && parseTargeted('private')!.isPrivate);
    assert.deepEqual(parseTargeted('no-cache="a, B"')!.noCacheFields, ['a', 'b']);
    assert.ok(parseTargeted('no-cache=" , "')!.isNoCache && parseTargeted('no-cache')!.isNoCache);
  });
});
