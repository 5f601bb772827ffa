/** Whatever end-to-end fields come in go out, in their order and with their values; hop-by-hop, nominated and alias fields never do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldsOf } from '../../../test/support/http1.ts';
import { FieldSection } from '../../core/http1/field-section.ts';
import { KNOWN_NAMES } from '../../core/http1/known-fields.ts';
import { RequestParser } from '../../core/http1/request-parser.ts';
import { copyFields, fieldPolicy, HOP_BY_HOP } from './field-copy.ts';
import * as known from '../../core/http1/known-fields.ts';

const limits = { requestLineBytesMax: 8_192, headerBytesMax: 32_768, headersMax: 100 };
const PROTECTED = [known.COOKIE, known.AUTHORIZATION, known.HOST];
const policy = fieldPolicy(HOP_BY_HOP, PROTECTED);

const dropped = new Set(HOP_BY_HOP.map((id) => KNOWN_NAMES[id]!));
const secured = new Set(PROTECTED.map((id) => KNOWN_NAMES[id]!));

/** Names that do not make the head a wrong one. */
const name = fc.constantFrom(
  ...['Accept', 'X-A', 'x-a', 'X-B', 'X_A', 'Cookie', 'COOKIE', 'Authorization', 'Keep-Alive', 'keep_alive', 'Proxy-Authorization'],
  ...[
    'X-Forwarded-For',
    'X_Forwarded.For',
    'Content_Length',
    'Transfer.Encoding',
    'TE',
    'Via',
    'Set-Cookie',
    'HTTP2-Settings',
    '__proto__',
  ],
);
const blank = fc.constantFrom('', ' ', '  ', '\t', ' \t ');
const value = fc.constantFrom('', 'b', 'b c', ',,', 'a: b', '\x80\xff', 'close');
const line = fc.tuple(name, blank, value, blank);
const list = (names: readonly string[]) => fc.subarray([...names]);

test('copied fields are the end-to-end fields that were parsed', () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 15 }),
      list(['X-A', 'te', 'Cookie', 'host', 'x-b', 'x-forwarded-for', 'accept']),
      list(['x-a', 'x-b', 'via', 'cookie', '--proto--']),
      fc.nat(5),
      (lines, nominated, removed, offset) => {
        const sent = [['Host', ' ', 'a', ''], ...lines, ['Connection', '', nominated.join(' , '), '\t']] as const;
        const text = `GET / HTTP/1.1\r\n${sent.map(([each, before, what, after]) => `${each}:${before}${what}${after}\r\n`).join('')}\r\n`;
        const bytes = Buffer.from('X'.repeat(offset) + text, 'latin1');
        const parser = new RequestParser(limits);
        assert.equal(parser.parse(bytes, offset, bytes.length), bytes.length);
        const copied = copyFields({
          fields: parser.fields,
          bytes,
          start: offset + parser.fieldsStart,
          lead: 0,
          policy,
          nominated: parser.connection.nominated,
          drops: removed.length === 0 ? '' : `,${removed.join(',')},`,
        });
        const expected = sent.filter(([each]) => stays(each, nominated, removed)).map(([each, , what]) => [each, what]);
        assert.deepEqual(parsed(copied), expected);
        assert.equal(copied, expected.map(([each, what]) => `${each}: ${what}\r\n`).join(''), 'in their plain form');
      },
    ),
    { numRuns: 2_000 },
  );
});

function stays(name: string, nominated: readonly string[], removed: readonly string[]): boolean {
  const lower = name.toLowerCase();
  const folded = lower.replaceAll(/[._]/g, '-');
  if (folded !== lower && KNOWN_NAMES.includes(folded)) return false;
  if (dropped.has(lower) || removed.includes(lower) || removed.includes(folded)) return false;
  return secured.has(lower) || !nominated.some((each) => each.toLowerCase() === lower);
}

function parsed(text: string): ReturnType<typeof fieldsOf> {
  const fields = new FieldSection(100);
  const bytes = Buffer.from(`${text}\r\n`, 'latin1');
  const end = fields.scan(bytes, 0, bytes.length, { bytesMax: 32_768, countMax: 100 }, { code: '', status: 431, what: '' });
  assert.equal(end, bytes.length);
  return fieldsOf(fields, bytes, 0);
}
