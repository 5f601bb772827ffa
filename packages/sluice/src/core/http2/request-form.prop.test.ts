/** Smuggling by translation: whatever a client puts into its fields, the HTTP/1.1 parser either never sees it or reads exactly these fields and this framing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRequest } from '../../../test/support/http1.ts';
import { WORKSPACE, block } from '../../../test/support/http2.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { FORMED } from './request-form.ts';

type Field = readonly [string, string];

const nasty = ['\r\n', '\r', '\n', '\0', ' ', '\t', ':', 'x', 'a', '1', ',', ';', '/', '@', '*', '\xff', 'é', 'A', '_'];
const scrap = fc.array(fc.constantFrom(...nasty), { maxLength: 5 }).map((parts) => parts.join(''));
const name = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('host', 'content-length', 'te', 'cookie', 'cookie', 'x', 'expect', 'accept', 'content_length') },
  fc.constantFrom('transfer-encoding', 'connection', 'upgrade'),
  scrap,
);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', 'a', '5', '0', 'chunked', 'trailers', 'close', '100-continue', 'a.example', 'c=1') },
  scrap,
);
const field = fc.tuple(name, value);
const pseudo = (known: string, ...good: readonly string[]): fc.Arbitrary<readonly Field[]> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...good).map((text) => [[known, text] as const]) },
    scrap.map((text) => [[known, text] as const]),
    fc.constant([]),
  );
const heads = fc
  .tuple(
    pseudo(':method', 'GET', 'POST', 'OPTIONS', 'CONNECT'),
    pseudo(':scheme', 'https', 'http'),
    pseudo(':authority', 'a.example', 'a.example:443'),
    pseudo(':path', '/', '/a?b', '*'),
    fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, pseudo(':protocol', 'websocket')),
  )
  .map((parts) => parts.flat());

/** What the parser should find: fields as sent, Host from the pseudo-header, crumbs joined, lengths once. */
function expected(sent: readonly Field[]): Field[] {
  const authority = sent.find(([known]) => known === ':authority') ?? sent.find(([known]) => known === 'host')!;
  const fields: Field[] = [['host', authority[1]]];
  const cookies = sent.filter(([known]) => known === 'cookie').map(([, crumb]) => crumb);
  for (const [known, text] of sent) {
    if (known.startsWith(':') || known === 'host') continue;
    if (known === 'content-length' && fields.some(([earlier]) => earlier === known)) continue;
    if (known === 'cookie' && cookies.length > 1) continue;
    fields.push([known, text]);
  }
  if (cookies.length > 1) fields.push(['cookie', cookies.join('; ').trimEnd()]);
  return fields;
}

test('what is formed is read as it was meant', () => {
  let formed = 0;
  fc.assert(
    fc.property(heads, fc.array(field, { maxLength: 6 }), fc.boolean(), (pseudos, regular, isEnd) => {
      const sent = [...pseudos, ...regular];
      const { fields, requestForm, head } = WORKSPACE;
      const bytes = block(sent);
      fields.reset({ sectionBytesMax: 10_000, fieldsMax: 100 });
      assert.ok(new HpackDecoder().decode(bytes, 0, bytes.length, fields));
      if (requestForm.write(fields, isEnd, true, head) !== FORMED) return;
      formed++;
      const text = Buffer.from(head.bytes.subarray(0, head.length)).toString('latin1');
      const said = readRequest(text);
      assert.ok(said !== null, 'the head is whole');
      if ('fault' in said) return assert.equal(JSON.stringify(said.fault).includes('expect'), true, JSON.stringify(said));
      assert.equal(said.length, text.length, 'nothing follows the head');
      const wanted = expected(sent);
      if (requestForm.protocol !== '') wanted.push(['connection', 'upgrade'], ['upgrade', requestForm.protocol]);
      else if (!isEnd && requestForm.contentLength < 0 && !requestForm.isConnect) wanted.push(['transfer-encoding', 'chunked']);
      assert.deepEqual(said.fields, wanted);
      return undefined;
    }),
    { numRuns: 6_000 },
  );
  assert.ok(formed > 500, `${formed} of the cases were well-formed`);
});
