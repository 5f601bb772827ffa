/** Any content in any chunks comes out as it went in, whatever the pieces it arrives in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBody } from '../../../test/support/http1.ts';

const byte = fc.nat(255).map((code) => String.fromCharCode(code));
const content = fc.string({ unit: byte, minLength: 1, maxLength: 40 });
const extension = fc.constantFrom('', ';a', ';a=b', ';a="b;\\"";c=d');
const trailer = fc.constantFrom('A: b\r\n', 'B:\r\n', 'C:\td \r\n');
const cuts = fc.array(fc.nat(600), { maxLength: 8 });

function ascending(places: readonly number[], length: number): number[] {
  return places.filter((place) => place < length).toSorted((a, b) => a - b);
}

test('chunks are joined and their framing is gone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(content, extension), { maxLength: 8 }),
      fc.array(trailer, { maxLength: 4 }),
      cuts,
      (chunks, trailers, places) => {
        const lines = chunks.map(([text, more]) => `${text.length.toString(16)}${more}\r\n${text}\r\n`);
        const text = `${lines.join('')}0\r\n${trailers.join('')}\r\nGET`;
        const said = readBody('chunked', 0, text, { cuts: ascending(places, text.length) });
        assert.equal(said.fault, null);
        assert.equal(said.body, chunks.map(([each]) => each).join(''));
        assert.equal(said.trailers.length, trailers.length);
        assert.equal(said.isDone, true);
        assert.equal(said.rest, 'GET');
      },
    ),
  );
});

test('any bytes as chunks give the same answer whatever the pieces', () => {
  const piece = fc.constantFrom('0', '5', 'a', '\r\n', '\r', '\n', ';', 'a=b', '"', '\\', 'hello', 'A: b', 'Host: a', ' ', '\0');
  const limits = { chunkExtensionBytesMax: 8, trailerBytesMax: 30, headersMax: 2 };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), cuts, (pieces, places) => {
      const text = pieces.join('');
      const { body, ...whole } = readBody('chunked', 0, text, { limits });
      const { body: cutBody, ...cut } = readBody('chunked', 0, text, { cuts: ascending(places, text.length), limits });
      assert.deepEqual(cut, whole);
      assert.equal(cutBody, body);
    }),
    { numRuns: 2_000 },
  );
});
