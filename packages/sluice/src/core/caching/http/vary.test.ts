import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TextFields } from './fields.ts';
import { normalEncodings, normalLanguages, normalList } from './negotiation.ts';
import { isKeyedCoding, variantKey, varyNames } from './vary.ts';

function key(vary: string, request: string): string {
  const names = varyNames(vary);
  assert.ok(names !== '*');
  return variantKey(names, new TextFields(request));
}

describe('Vary', () => {
  test('names are a sorted set in lower case (RFC 9110 §12.5.5)', () => {
    assert.deepEqual(varyNames('Foo, BAR,\tfoo ,, baz'), ['bar', 'baz', 'foo']);
    assert.deepEqual(varyNames(null), []);
    assert.deepEqual(varyNames(' , '), []);
  });

  test('a star anywhere matches nothing (RFC 9111 §4.1)', () => {
    for (const value of ['*', '*, *', ', *', 'Foo, *', '*, Foo', 'Foo,*']) assert.equal(varyNames(value), '*', value);
  });

  test('what is no list of names matches nothing', () => {
    for (const value of ['a b', 'a;b', '"a"', 'é', Array.from({ length: 17 }, (_, index) => `n${index}`).join()])
      assert.equal(varyNames(value), '*', value);
    assert.equal(varyNames(Array.from({ length: 16 }, (_, index) => `n${index}`).join()).length, 16);
  });

  test('requests match when all nominated fields do, whatever their order (RFC 9111 §4.1)', () => {
    const first = key('Foo, Bar', 'Foo: 1\r\nBar: abc\r\nOther: 2\r\n');
    assert.equal(key('bar, foo', 'Other: 3\r\nBar: abc\r\nFoo: 1\r\n'), first);
    assert.notEqual(key('Foo, Bar', 'Foo: 1\r\nBar: abcde\r\n'), first);
    assert.notEqual(key('Foo, Bar', 'Foo: 1\r\n'), first);
    assert.notEqual(key('Foo, Bar', ''), first);
  });

  test('an absent field matches only an absent one (RFC 9111 §4.1)', () => {
    assert.equal(key('Foo', 'Bar: 1\r\n'), key('Foo', ''));
    assert.notEqual(key('Foo', 'Foo:\r\n'), key('Foo', ''));
  });

  test('lines are combined and blanks around commas dropped, not inside quotes (RFC 9111 §4.1)', () => {
    assert.equal(key('Foo', 'Foo: 1, 2\r\n'), key('Foo', 'Foo: 1\r\nFoo: 2\r\n'));
    assert.equal(key('Foo', 'Foo: 1,2\r\n'), key('Foo', 'Foo:  1, 2 \r\n'));
    assert.notEqual(normalList('"a, b"'), normalList('"a,b"'));
    assert.notEqual(key('Foo', 'Foo: A\r\n'), key('Foo', 'Foo: a\r\n'));
    assert.equal(normalList(',a ,, "b,c" ,'), 'a,"b,c"');
  });

  test('a value cannot imitate another list of values', () => {
    assert.notEqual(key('a, b', 'A: 1;b=1:2;\r\n'), key('a, b', 'A: 1\r\nB: 2\r\n'));
    assert.notEqual(key('a, b', 'A: ;b;\r\n'), key('a, b', 'A:\r\n'));
  });
});

describe('negotiation', () => {
  test('Accept-Encoding is the set of our codings that it takes (RFC 9110 §12.5.3)', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['gzip, deflate, br', 'br,gzip,identity'],
      ['br;q=1.0, GZIP;q=0.5', 'br,gzip,identity'],
      ['gzip;q=0, br', 'br,identity'],
      ['', 'identity'],
      ['*', 'br,zstd,gzip,identity'],
      ['*;q=0', ''],
      ['identity;q=0, gzip', 'gzip'],
      ['zstd, *;q=0', 'zstd'],
      ['x-gzip', 'gzip,identity'],
      ['gzip;q=x', 'identity'],
      ['gzip;q=1.5', 'identity'],
      ['gzip;q=0.0000', 'identity'],
      ['gzip;q=0.001', 'gzip,identity'],
      ['gzip;q=0.000', 'identity'],
      ['gzip;q=1.001', 'identity'],
      ['gzip;q=1.000', 'gzip,identity'],
      ['gzip;q=0,5', 'identity'],
      ['gzip;q=0.x', 'identity'],
      ['gzip;q=0./', 'identity'],
      ['gzip;q=', 'identity'],
      ['gzip;p=1', 'identity'],
      ['gzip ; q=0', 'identity'],
    ];
    for (const [value, set] of cases) assert.equal(normalEncodings(value), set, value);
  });

  test('Accept-Language ignores case, blanks and the order of equal weights (RFC 9110 §12.5.4)', () => {
    const same = normalLanguages('en, de');
    for (const value of ['de, en', 'eN, De', ' en ,   de', 'de;q=1.0,en;q=1']) assert.equal(normalLanguages(value), same, value);
    assert.notEqual(normalLanguages('de;q=0.9, en'), same);
    assert.equal(normalLanguages('de;q=0.9, en'), normalLanguages('en,de;q=0.90'));
  });

  test('a coding that the key does not tell apart is found out', () => {
    assert.ok(!isKeyedCoding(['accept-encoding'], 'deflate'));
    assert.ok(!isKeyedCoding(['accept-encoding'], 'gzip, br'));
    assert.ok(isKeyedCoding(['accept-encoding'], 'GZip'));
    for (const coding of ['gzip', 'x-gzip', 'br', 'zstd', 'identity']) assert.ok(isKeyedCoding(['accept-encoding'], coding), coding);
    assert.ok(isKeyedCoding(['accept-encoding'], null));
    assert.ok(isKeyedCoding(['foo'], 'deflate'));
  });
});
