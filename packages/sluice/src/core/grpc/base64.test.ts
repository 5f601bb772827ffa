import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Base64Decoder, Base64Encoder } from './base64.ts';

/** Decodes a text in pieces that end at `cuts`; null when it is refused or not whole. */
function decode(text: string, cuts: readonly number[] = []): string | null {
  const bytes = Buffer.from(text, 'latin1');
  const decoder = new Base64Decoder();
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const end of [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]) {
    const piece = decoder.push(bytes, start, end);
    if (piece !== null) pieces.push(piece);
    assert.equal(piece === null, decoder.isBroken);
    start = end;
  }
  return decoder.isWhole ? Buffer.concat(pieces).toString('latin1') : null;
}

const cuts = fc.array(fc.nat(80), { maxLength: 6 });

describe('decoding', () => {
  test('RFC 4648 §10', () => {
    assert.deepEqual(
      ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy'].map((text) => decode(text)),
      ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'],
    );
  });

  test('padded texts one after another', () => assert.equal(decode('Zg==Zm8=Zm9vZg=='), 'ffofoof'));

  for (const text of [
    'Z',
    'Zg',
    'Zg=',
    'Zg===',
    '=',
    '====',
    'Z===',
    'Zg=a',
    'Zm=v',
    'Zm9v\n',
    'Zm 9v',
    'Zm9-',
    'Zm9_',
    'Zm9\xff',
    'Zh==',
    'Zm9=',
    'Zm9vZg=',
  ]) {
    test(`${JSON.stringify(text)} is refused`, () => assert.equal(decode(text), null));
  }

  test('what is refused stays refused', () => {
    const decoder = new Base64Decoder();
    assert.equal(decoder.push(Buffer.from('!')), null);
    assert.equal(decoder.push(Buffer.from('Zm9v')), null);
  });

  test('messages encoded one by one come out joined, in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 }), cuts, (messages, places) => {
        const text = messages.map((message) => Buffer.from(message).toString('base64')).join('');
        assert.equal(decode(text, places), Buffer.concat(messages).toString('latin1'));
      }),
    );
  });

  test('any text is judged the same in any pieces', () => {
    const text = fc.string({ unit: fc.constantFrom('A', 'Q', 'g', '=', '/', '-', '\n'), maxLength: 24 });
    fc.assert(
      fc.property(text, cuts, (each, places) => assert.equal(decode(each, places), decode(each))),
      { numRuns: 2_000 },
    );
  });
});

describe('encoding', () => {
  test('is what everyone encodes, in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }), (pieces) => {
        const encoder = new Base64Encoder();
        const encoded = Buffer.concat([...pieces.map((piece) => encoder.push(piece)), encoder.flush()]);
        assert.equal(encoded.toString('latin1'), Buffer.concat(pieces).toString('base64'));
      }),
    );
  });

  test('a flush lets a client see all that was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }), (pieces) => {
        const encoder = new Base64Encoder();
        let text = '';
        for (const [index, piece] of pieces.entries()) {
          text += Buffer.concat([encoder.push(piece), encoder.flush()]).toString('latin1');
          assert.equal(decode(text), Buffer.concat(pieces.slice(0, index + 1)).toString('latin1'));
        }
      }),
    );
  });

  test('a flush of nothing is nothing', () => assert.equal(new Base64Encoder().flush().length, 0));

  test('a part of a buffer', () => {
    assert.equal(Buffer.from(new Base64Encoder().push(Buffer.from('xfoox'), 1, 4)).toString(), 'Zm9v');
  });
});
