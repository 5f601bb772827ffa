import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Pair, decodePairs, encodePairs, hex } from '../../../../test/support/hpack.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';
import { FieldBlock } from '../../../../test/support/field-block.ts';
import { step } from './line-hash.ts';

function encodedLines(encoder: HpackEncoder, text: string): Uint8Array {
  const block = new FieldBlock();
  encoder.begin(block);
  encoder.encodeLines(Buffer.from(text, 'latin1'), 0, text.length, block);
  return block.bytes.slice(0, block.length);
}

/** Bytes of the field's block the first, second and third time. */
function costs(name: string, value: string): readonly number[] {
  const encoder = new HpackEncoder();
  return [1, 2, 3].map(() => encodePairs(encoder, [[name, value]]).length);
}

function firstBytes(pairs: readonly Pair[]): readonly number[] {
  const encoder = new HpackEncoder();
  return pairs.map((pair) => encodePairs(encoder, [pair])[0]!);
}

describe('field lines', () => {
  test('names are written in lower case (RFC 9113 §8.2)', () => {
    const block = encodedLines(new HpackEncoder(), 'Content-Type: Text/Plain\r\nX-Custom: A\r\n');
    assert.deepEqual(decodePairs(new HpackDecoder(), block), [
      ['content-type', 'Text/Plain'],
      ['x-custom', 'A'],
    ]);
  });

  test('the same line in another case of the name is the same entry', () => {
    const encoder = new HpackEncoder();
    encodedLines(encoder, 'X-Custom: A\r\n');
    assert.deepEqual([...encodedLines(encoder, 'x-custom: A\r\n')], [0xbe]);
    assert.notDeepEqual([...encodedLines(encoder, 'x-custom: a\r\n')], [0xbe]);
  });

  test('blanks around the value are left out', () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    for (const line of ['server:a', 'server:', 'server:  a', 'server: \ta \t', 'server: a']) {
      const value = line.slice(7).trim();
      for (let turn = 0; turn < 3; turn++) {
        assert.deepEqual(decodePairs(decoder, encodedLines(encoder, `${line}\r\n`)), [['server', value]]);
      }
      const isPlain = line === `server: ${value}`;
      assert.equal(encodedLines(new HpackEncoder(), `${line}\r\n`)[0]! & 0xc0, isPlain ? 0x40 : value === '' ? 0x80 : 0, line);
    }
  });

  test('lines that stop short of their end stay within it', () => {
    const block = new FieldBlock();
    const bytes = Buffer.from('server: abc\r\n');
    new HpackEncoder().encodeLines(bytes, 0, 9, block);
    assert.deepEqual(decodePairs(new HpackDecoder(), block.bytes.slice(0, block.length)), [['server', 'a']]);
  });
});

test('lines with the same hash are different lines', () => {
  const [one, other] = ['0132789', '0729192'] as const;
  const hashOf = (value: string): number => [...Buffer.from(`server: ${value}`)].reduce(step, 0);
  assert.equal(hashOf(one), hashOf(other));
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder();
  for (const value of [one, other, one, other]) {
    assert.deepEqual(decodePairs(decoder, encodePairs(encoder, [['server', value]])), [['server', value]]);
  }
});

describe('statuses', () => {
  test('of the static table are one byte', () => {
    for (const [status, index] of [
      [200, 8],
      [204, 9],
      [206, 10],
      [304, 11],
      [400, 12],
      [404, 13],
      [500, 14],
    ] as const) {
      const block = new FieldBlock();
      new HpackEncoder().encodeStatus(status, block);
      assert.deepEqual([...block.bytes.subarray(0, block.length)], [0x80 | index]);
    }
  });

  test('others are one byte from the second time on', () => {
    const encoder = new HpackEncoder();
    const block = new FieldBlock();
    encoder.encodeStatus(302, block);
    assert.deepEqual(decodePairs(new HpackDecoder(), block.bytes.slice(0, block.length)), [[':status', '302']]);
    block.reset();
    encoder.encodeStatus(302, block);
    assert.equal(block.length, 1);
  });

  test('a whole field of the static table is its index', () => {
    assert.deepEqual(
      firstBytes([
        [':method', 'GET'],
        [':path', '/index.html'],
        ['accept-encoding', 'gzip, deflate'],
        ['server', ''],
      ]),
      [0x82, 0x85, 0x90, 0xb6],
    );
  });
});

describe('what enters the table', () => {
  test('usual fields at once', () => {
    for (const name of ['server', 'content-type', 'date', 'user-agent', ':authority', 'x-frame-options']) {
      assert.deepEqual(costs(name, 'some value').slice(1), [1, 1], name);
    }
  });

  test('fields that usually differ when they come a second time', () => {
    for (const name of [':path', 'content-length', 'etag', 'last-modified', 'location', 'cookie']) {
      const [first, second, third] = costs(name, 'some value, some value');
      assert.ok(first! > 10 && second! > 10, name);
      assert.equal(third, 1, name);
    }
  });

  test('names that are not in the static table at once, other values of theirs when they come a second time', () => {
    const encoder = new HpackEncoder();
    const patterns = ['a', 'b', 'b', 'b'].map((value) => encodePairs(encoder, [['x-request-id', value]])[0]);
    assert.deepEqual(patterns, [0x40, 0x0f, 0x7e, 0xbe]);
  });

  test('secrets never, and they say so to the next hop (RFC 7541 §7.1.3)', () => {
    for (const [name, value] of [
      ['authorization', 'Basic abc'],
      ['proxy-authorization', 'Basic abc'],
      ['set-cookie', 'session=abcdef0123456789'],
      ['cookie', 'nineteen characters'],
    ] as const) {
      const costsOfThree = costs(name, value);
      assert.equal(new Set(costsOfThree).size, 1, name);
      assert.equal(firstBytes([[name, value]])[0]! & 0xf0, 0x10, name);
    }
  });

  test('nothing that would push out three quarters of it', () => {
    assert.deepEqual(costs('server', 'x'.repeat(3072 - 32 - 6)).slice(1), [1, 1]);
    assert.ok(costs('server', 'x'.repeat(3072 - 32 - 5))[2]! > 2000);
  });
});

describe('the size of the table', () => {
  const server: Pair = ['server', 'a'];

  test('is not announced while it is 4096, whatever more the peer allows', () => {
    const encoder = new HpackEncoder();
    encoder.setMaxTableSize(65_536);
    assert.equal(encodePairs(encoder, []).length, 0);
  });

  test('is announced once when the peer lowers it', () => {
    const encoder = new HpackEncoder();
    encoder.setMaxTableSize(100);
    assert.deepEqual(Buffer.from(encodePairs(encoder, [])), Buffer.from(hex('3f 45')));
    assert.equal(encodePairs(encoder, []).length, 0);
  });

  test('is announced with the smallest in between (RFC 7541 §4.2)', () => {
    const encoder = new HpackEncoder();
    encodePairs(encoder, [server]);
    for (const size of [100, 0, 1000, 4096]) encoder.setMaxTableSize(size);
    assert.deepEqual(Buffer.from(encodePairs(encoder, [])), Buffer.from(hex('20 3f e1 1f')));
    assert.ok(encodePairs(encoder, [server]).length > 1, 'the entry has gone');
  });

  test('0 means literals only', () => {
    const encoder = new HpackEncoder();
    encoder.setMaxTableSize(0);
    const decoder = new HpackDecoder();
    for (let turn = 0; turn < 3; turn++) {
      const block = encodePairs(encoder, [server, ['X-Custom', 'b']]);
      assert.deepEqual(decodePairs(decoder, block), [server, ['x-custom', 'b']]);
    }
  });
});
