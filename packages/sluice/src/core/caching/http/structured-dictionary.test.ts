import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDictionary } from './structured-dictionary.ts';

/** Members as `key:kind:value`, or null. */
function told(text: string): string | null {
  const members = parseDictionary(text);
  if (members === null) return null;
  return [...members].map(([key, member]) => `${key}:${member.kind}${'value' in member ? `:${member.value}` : ''}`).join(' ');
}

describe('a dictionary of structured fields', () => {
  test('bare items of each type (RFC 9651 §4.2.2, §4.2.3.1)', () => {
    assert.equal(
      told('a=1, b=-2,c="x\\"y", d=to/ke:n, e, f=?0,g=?1'),
      'a:integer:1 b:integer:-2 c:text:x"y d:text:to/ke:n e:boolean:true f:boolean:false g:boolean:true',
    );
    assert.equal(told('a=1.5, b=:aGk=:, c=@12, d=%"%c3%bc", e=()'), 'a:other b:other c:other d:other e:other');
    assert.equal(told('*a-b_c.d*=1'), '*a-b_c.d*:integer:1');
    assert.equal(told(''), '');
    assert.equal(told('  a  '), 'a:boolean:true');
  });

  test('parameters and inner lists are checked and left out (RFC 9651 §4.2.1.2, §4.2.3.2)', () => {
    assert.equal(told('a;x=1; y;z="q", b=1;c'), 'a:boolean:true b:integer:1');
    assert.equal(told('a=( 1 "b"  c;d=1 );e'), 'a:other');
    for (const text of ['a;X=1', 'a;', 'a;x=', 'a=(1', 'a=(1,2)', 'a=(1"b")', 'a=((1))']) assert.equal(told(text), null, text);
  });

  test('a repeated key overwrites (RFC 9651 §4.2.2)', () => {
    assert.equal(told('a=1, b=2, a=3'), 'a:integer:3 b:integer:2');
  });

  test('one mistake and there is none (RFC 9651 §4.2)', () => {
    for (const text of [
      'A=1',
      '1=a',
      '=1',
      'a=',
      'a =1',
      'a= 1',
      'a=1,',
      ',a',
      'a,,b',
      'a b',
      'a=1 b',
      'a="x',
      'a="\t"',
      'a="\\n"',
      'a=?2',
      'a=1.',
      'a=.5',
      'a=1.2345',
      'a=1234567890123456',
      'a=--1',
      'a=\u00e9',
      'a=:*:',
      'a=&&',
    ]) {
      assert.equal(told(text), null, text);
    }
  });

  test('long strings and many members are read (RFC 9651 §3.2)', () => {
    assert.equal(parseDictionary(`a="${'\\"x'.repeat(20_000)}"`)!.size, 1);
    assert.equal(parseDictionary(Array.from({ length: 1024 }, (_, index) => `a${index}`).join(','))!.size, 1024);
    assert.equal(parseDictionary(Array.from({ length: 1025 }, (_, index) => `a${index}`).join(',')), null);
  });
});
