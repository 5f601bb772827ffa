import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ROOMY, decodePairs, hex, pairsOf } from '../../../../test/support/hpack.ts';
import { DecodedFields } from './decoded-fields.ts';
import { HpackDecoder } from './decoder.ts';

/** `custom-key: custom-header`, which takes 55 bytes in the table. */
const CUSTOM = '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572';

describe('compression errors', () => {
  for (const [title, block] of [
    ['index 0 (RFC 7541 §6.1)', '80'],
    ['an index behind the static table while the dynamic one is empty', 'be'],
    ['an index behind the dynamic table', `${CUSTOM} bf`],
    ['a name index behind the dynamic table', '7f 00 01 61'],
    ['an index without an end', 'ff ff ff ff ff ff ff ff ff'],
    ['an index of more than 2^31', 'ff ff ff ff ff 0f'],
    ['an index that is cut off', '82 ff'],
    ['a literal without a name', '40'],
    ['a literal without a value', '00 01 61'],
    ['a name that is cut off', '00 05 61 62'],
    ['a value that is cut off', '00 01 61 05 62'],
    ['a length without an end', '00 7f ff'],
    ['a length of gigabytes', '00 7f ff ff ff ff 07 61'],
    ['a Huffman value with EOS (§5.2)', '00 01 61 84 ff ff ff ff'],
    ['a Huffman value with eight bits of padding', '00 01 61 82 1f ff'],
    ['a Huffman value padded with zeros', '00 01 61 81 18'],
    ['a Huffman name with EOS', '00 84 ff ff ff ff 01 61'],
    ['a size update behind a field (§4.2)', '82 20 01 61 01 62'],
    ['a size update above the limit (§6.3)', '3f e2 1f'],
    ['a size update that is cut off', '3f'],
    ['a size update without an end', '3f ff ff ff ff ff ff'],
  ] as const) {
    test(title, () => assert.equal(decodePairs(new HpackDecoder(), hex(block)), null));
  }
});

describe('size updates', () => {
  test('up to the limit are followed', () => {
    const decoder = new HpackDecoder();
    assert.deepEqual(decodePairs(decoder, hex(`3f e1 1f ${CUSTOM}`)), [['custom-key', 'custom-header']]);
    assert.deepEqual(decodePairs(decoder, hex('be')), [['custom-key', 'custom-header']]);
  });

  test('a smaller size evicts', () => {
    const decoder = new HpackDecoder();
    decodePairs(decoder, hex(CUSTOM));
    assert.equal(decodePairs(decoder, hex('3f 17 be')), null); // 54
    const other = new HpackDecoder();
    decodePairs(other, hex(CUSTOM));
    assert.deepEqual(decodePairs(other, hex('3f 18 be')), [['custom-key', 'custom-header']]); // 55
  });

  test('several at the start of a block count in order', () => {
    const decoder = new HpackDecoder();
    decodePairs(decoder, hex(CUSTOM));
    assert.deepEqual(decodePairs(decoder, hex('20 3f e1 1f 82')), [[':method', 'GET']]);
    assert.equal(decodePairs(decoder, hex('be')), null);
  });

  test('must come first once the peer has acknowledged a lower limit (RFC 9113 §4.3.1)', () => {
    const lowered = (block: string): unknown => {
      const decoder = new HpackDecoder();
      decoder.setMaxTableSize(100);
      return decodePairs(decoder, hex(block));
    };
    assert.equal(lowered('82'), null);
    assert.equal(lowered('3f 46 82'), null); // 101
    assert.deepEqual(lowered('3f 45 82'), [[':method', 'GET']]); // 100
    assert.deepEqual(lowered('20 3f 45 82'), [[':method', 'GET']]);
  });

  test('an empty block does not stand for the update that is due', () => {
    const decoder = new HpackDecoder();
    decoder.setMaxTableSize(0);
    assert.deepEqual(decodePairs(decoder, hex('')), []);
    assert.equal(decodePairs(decoder, hex('82')), null);
  });

  test('need not come when the limit rises, or when the table was already that small', () => {
    const decoder = new HpackDecoder();
    decoder.setMaxTableSize(8192);
    assert.deepEqual(decodePairs(decoder, hex('82')), [[':method', 'GET']]);
    decodePairs(decoder, hex('20'));
    decoder.setMaxTableSize(100);
    assert.deepEqual(decodePairs(decoder, hex('82')), [[':method', 'GET']]);
  });
});

describe('literals', () => {
  test('octets come as they are, and offsets tell fields apart', () => {
    const pairs = decodePairs(new HpackDecoder(), hex('00 03 61 3a 20 04 0d 0a 00 ff 00 00 00'));
    assert.deepEqual(pairs, [
      ['a: ', '\r\n\0\xff'],
      ['', ''],
    ]);
  });

  test('one that is larger than the table empties it (RFC 7541 §4.4)', () => {
    const decoder = new HpackDecoder(64);
    decodePairs(decoder, hex(CUSTOM));
    assert.equal(decodePairs(decoder, hex(`40 01 61 20 ${'62'.repeat(32)}`))?.length, 1);
    assert.equal(decodePairs(decoder, hex('be')), null);
  });

  test('a name may be taken from the entry that the field displaces (RFC 7541 §4.4)', () => {
    const decoder = new HpackDecoder(64);
    decodePairs(decoder, hex(CUSTOM));
    assert.deepEqual(decodePairs(decoder, hex('7e 01 62 be')), [
      ['custom-key', 'b'],
      ['custom-key', 'b'],
    ]);
  });

  test('never-indexed and unindexed ones do not enter the table', () => {
    const decoder = new HpackDecoder();
    decodePairs(decoder, hex('10 01 61 01 62 00 01 61 01 62'));
    assert.equal(decodePairs(decoder, hex('be')), null);
  });
});

describe('bounds of a section', () => {
  const block = hex('82 84 86 00 01 61 01 62'); // 42, 38, 43 and 34 by RFC 9113 §6.5.2

  function decoded(sectionBytesMax: number, fieldsMax: number): DecodedFields {
    const fields = new DecodedFields();
    fields.reset({ sectionBytesMax, fieldsMax });
    assert.equal(new HpackDecoder().decode(block, 0, block.length, fields), true);
    return fields;
  }

  test('hold exactly', () => {
    assert.deepEqual([decoded(157, 4).isTooLarge, decoded(157, 4).size], [false, 157]);
    assert.equal(decoded(156, 4).isTooLarge, true);
    assert.equal(decoded(157, 3).isTooLarge, true);
  });

  test('what is beyond is counted and not stored, smaller fields behind it included', () => {
    const fields = decoded(100, 4);
    assert.deepEqual(pairsOf(fields), [
      [':method', 'GET'],
      [':path', '/'],
    ]);
    assert.deepEqual([fields.size, fields.seen], [157, 4]);
  });

  test('the table stays in step', () => {
    const decoder = new HpackDecoder();
    const fields = new DecodedFields();
    fields.reset({ sectionBytesMax: 0, fieldsMax: 0 });
    const custom = hex(CUSTOM);
    assert.equal(decoder.decode(custom, 0, custom.length, fields), true);
    assert.deepEqual([fields.count, fields.length], [0, 0]);
    assert.deepEqual(decodePairs(decoder, hex('be')), [['custom-key', 'custom-header']]);
  });

  test('a new section forgets the last one', () => {
    const fields = decoded(10, 1);
    fields.reset(ROOMY);
    assert.deepEqual([fields.isTooLarge, fields.size, fields.seen, fields.count, fields.length], [false, 0, 0, 0, 0]);
  });
});

describe('bombs', () => {
  /** A block of 4 KiB that names one entry of 4,000 bytes as often as it can. */
  test('a block that expands 4,000-fold stores no more than the bound', () => {
    const decoder = new HpackDecoder();
    const fields = new DecodedFields();
    const entry = Buffer.concat([hex('40 01 61 7f 81 1e'), Buffer.alloc(3968, 0x62)]);
    fields.reset(ROOMY);
    assert.equal(decoder.decode(entry, 0, entry.length, fields), true);
    const bomb = Buffer.alloc(4096, 0xbe);
    const small = new DecodedFields();
    small.reset({ sectionBytesMax: 65_536, fieldsMax: 100 });
    assert.equal(decoder.decode(bomb, 0, bomb.length, small), true);
    assert.deepEqual([small.isTooLarge, small.count, small.seen], [true, 16, 4096]);
    assert.equal(small.size, 4096 * 4001);
    assert.ok(small.capacity <= 2 * 65_536, `${small.capacity}`);
  });

  test('long names taken over again and again move the table in place', () => {
    const decoder = new HpackDecoder();
    const fields = new DecodedFields();
    const entry = Buffer.concat([hex('40 7f 81 1e'), Buffer.alloc(3968, 0x61), hex('00')]);
    const bomb = Buffer.concat([entry, Buffer.alloc(4096, Buffer.from([0x7e, 0x00]))]);
    fields.reset({ sectionBytesMax: 65_536, fieldsMax: 100 });
    assert.equal(decoder.decode(bomb, 0, bomb.length, fields), true);
    assert.deepEqual([fields.isTooLarge, fields.seen], [true, 2049]);
    assert.ok(fields.capacity <= 2 * 65_536, `${fields.capacity}`);
  });

  test('one string grows the array by what its octets can become, whatever is declared', () => {
    const fields = new DecodedFields();
    fields.reset({ sectionBytesMax: 1000, fieldsMax: 10 });
    const block = Buffer.concat([hex('00 01 61 ff fe 1d'), Buffer.alloc(3965, 0)]); // zeros are the code of "0"
    assert.equal(new HpackDecoder().decode(block, 0, block.length, fields), true);
    assert.equal(fields.isTooLarge, true);
    assert.ok(fields.capacity <= 8192, `${fields.capacity}`);
  });
});
