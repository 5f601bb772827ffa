import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scanFields } from '../../../test/support/http1.ts';
import { FieldSection } from './field-section.ts';
import { codingFault, type ConnectionOptions, equalsIgnoringCase, hasMember, isNominated, parseLength, readConnection } from './framing.ts';

/** Calls with the value's place in bytes that go on around it. */
function within<Value>(value: string, read: (bytes: Uint8Array, start: number, end: number) => Value): Value {
  return read(Buffer.from(`5,${value}\r\n5`, 'latin1'), 2, 2 + value.length);
}

describe('parseLength', () => {
  const lengths: readonly (readonly [value: string, length: number])[] = [
    ['0', 0],
    ['5', 5],
    ['0005', 5],
    ['999999999999999', 999_999_999_999_999],
    ['1000000000000000', -1],
    ['', -1],
    [' 5', -1],
    ['5 ', -1],
    ['+5', -1],
    ['-0', -1],
    ['5,5', -1],
    ['5.0', -1],
    ['5e0', -1],
    ['0x5', -1],
    ['\xb2', -1],
  ];
  for (const [value, length] of lengths) {
    test(`${JSON.stringify(value)} is ${length < 0 ? 'no length' : length}`, () => assert.equal(within(value, parseLength), length));
  }
});

describe('codingFault', () => {
  const codings: readonly (readonly [value: string, status: number | undefined])[] = [
    ['chunked', undefined],
    ['ChUnKeD', undefined],
    ['', 400],
    [',', 400],
    ['chunked,', 400],
    [',chunked', 400],
    ['chunked, chunked', 400],
    ['chunked;q=1', 400],
    ['"chunked"', 400],
    ['chunked x', 400],
    ['gzip;q=1', 400],
    ['xchunked', 501],
    ['chunkedx', 501],
    ['gzip', 501],
    ['gzip, chunked', 501],
    ['gzip\t,\tchunked', 501],
    ['chunked, identity', 501],
  ];
  for (const [value, status] of codings) {
    test(`${JSON.stringify(value)} is ${status ?? 'chunked'}`, () => assert.equal(within(value, codingFault)?.status, status));
  }
});

describe('readConnection', () => {
  const lists: readonly (readonly [value: string, options: Partial<ConnectionOptions>])[] = [
    ['', {}],
    [' , ,\t,', {}],
    ['close', { close: true }],
    ['CLOSE ,keep-Alive', { close: true, keepAlive: true }],
    ['Upgrade, HTTP2-Settings', { upgrade: true, nominated: ',http2-settings,' }],
    ['close, te', { close: true, nominated: ',te,' }],
    ['a,B\t, c', { nominated: ',a,b,c,' }],
    ['closed', { nominated: ',closed,' }],
    ['"close"', { nominated: ',"close",' }],
  ];
  for (const [value, options] of lists) {
    test(JSON.stringify(value), () => {
      const read: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, nominated: '' };
      within(value, (bytes, start, end) => readConnection(bytes, start, end, read));
      assert.deepEqual(read, { close: false, keepAlive: false, upgrade: false, nominated: '', ...options });
    });
  }
});

test('a nominated name is found whole, in any case, and nothing else is', () => {
  const text = 'X-A: 1\r\nX: 2\r\n-A: 3\r\nx-a: 4\r\nX-AB: 5\r\n\r\n';
  const fields = new FieldSection(10);
  const bytes = Buffer.from(text);
  fields.scan(bytes, 0, bytes.length, { bytesMax: 1000, countMax: 10 }, { code: '', status: 431, what: '' });
  const found = Array.from({ length: fields.count }, (_, index) => isNominated(fields, index, bytes, 0, ',x-a,'));
  assert.deepEqual(found, [true, false, false, true, false]);
  assert.equal(scanFields(text).fields.length, 5);
});

test('hasMember finds whole members only', () => {
  const has = (value: string): boolean => within(value, (bytes, start, end) => hasMember(bytes, start, end, 'trailers'));
  for (const value of ['trailers', 'a, TRAILERS', 'trailers ,a', ',,trailers,,']) assert.ok(has(value), value);
  for (const value of ['', 'trailer', 'trailers;q=1', 'a trailers', 'xtrailers', 'trailersx']) assert.ok(!has(value), value);
});

test('equalsIgnoringCase folds letters and nothing else', () => {
  const equals = (value: string, lower: string): boolean =>
    within(value, (bytes, start, end) => equalsIgnoringCase(bytes, start, end, lower));
  assert.ok(equals('AbZ-9', 'abz-9'));
  assert.ok(!equals('@', '`'));
  assert.ok(!equals('[', '{'));
  assert.ok(!equals('a', 'ab'));
});
