/** Any request that its grammar allows is understood as it was meant, whatever the pieces it comes in; any bytes at all give one answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRequest } from '../../../test/support/http1.ts';

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz";
const token = fc.string({ unit: fc.constantFrom(...TOKEN.split('')), minLength: 1, maxLength: 12 });
const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const valueByte = fc.oneof(visible, fc.constantFrom(' ', '\t', '\x80', '\xff'));
const value = fc.string({ unit: valueByte, maxLength: 20 }).map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const blank = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 });
const known = /^(?:host|content-length|transfer-encoding|connection|te|upgrade|expect)$/i;
const field = fc.tuple(
  token.filter((name) => !known.test(name.replace(/[._]/g, '-'))),
  blank,
  value,
  blank,
);

test('what was meant is what is understood', () => {
  const target = fc.string({ unit: visible, minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      token,
      target,
      fc.array(field, { maxLength: 8 }),
      fc.array(fc.nat(400), { maxLength: 4 }),
      (method, asked, fields, cuts) => {
        const lines = fields.map(([name, before, text, after]) => `${name}:${before}${text}${after}\r\n`).join('');
        const text = `${method} ${asked} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
        const said = readRequest(text, { cuts: cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b) });
        assert.ok(said !== null && !('fault' in said), JSON.stringify(said));
        assert.deepEqual([said.method, said.target, said.length], [method, asked, text.length]);
        assert.deepEqual(
          said.fields.slice(1),
          fields.map(([name, , sent]) => [name, sent]),
        );
      },
    ),
  );
});

test('any bytes give the same answer whatever the pieces they come in', () => {
  const piece = fc.constantFrom(
    'GET ',
    '/ ',
    'HTTP/1.1',
    'HTTP/1.0',
    '\r\n',
    '\r',
    '\n',
    'Host: a',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    ':',
    ' ',
    '\t',
    '\0',
    'x',
    '\xff',
    ',',
  );
  const limits = { requestLineBytesMax: 40, headerBytesMax: 80, headersMax: 3 };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), fc.array(fc.nat(200), { maxLength: 6 }), (pieces, cuts) => {
      const text = pieces.join('');
      const ascending = cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b);
      assert.deepEqual(readRequest(text, { cuts: ascending, limits }), readRequest(text, { limits }));
    }),
    { numRuns: 2_000 },
  );
});
