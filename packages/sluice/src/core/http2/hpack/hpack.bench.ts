/** Nanoseconds per block: `node hpack.bench.ts`. A browser's request (9 fields, all but the path known), a reply (6 fields), and what happens the first time. */
import { performance } from 'node:perf_hooks';
import { DecodedFields } from './decoded-fields.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';
import { FieldBlock } from '../../../../test/support/field-block.ts';
import { huffmanDecode, huffmanEncode } from './huffman.ts';

const LIMITS = { sectionBytesMax: 65_536, fieldsMax: 100 };
const REQUEST =
  ':method: GET\r\n:scheme: https\r\n:authority: shop.example.com\r\n:path: /PATH\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n' +
  'accept: text/html,application/xhtml+xml\r\naccept-language: en-US,en;q=0.5\r\naccept-encoding: gzip, deflate, br\r\n' +
  'cookie: session=abcdef0123456789; theme=dark\r\n';
const REPLY =
  'Date: Fri, 20 Nov 2026 08:51:25 GMT\r\nContent-Type: text/plain; charset=utf-8\r\nServer: nginx/1.22.1\r\nCache-Control: max-age=3600\r\n' +
  'Vary: Accept-Encoding\r\nContent-Length: LENGTH\r\n';

function measure(name: string, run: () => number): void {
  const rounds = 100_000;
  let best = Infinity;
  let sum = 0;
  for (let repeat = 0; repeat < 7; repeat++) {
    const start = performance.now();
    for (let round = 0; round < rounds; round++) sum += run();
    best = Math.min(best, ((performance.now() - start) * 1e6) / rounds);
  }
  console.log(`${name}: ${best.toFixed(0)} ns (${sum > 0 ? 'ok' : 'nothing done'})`);
}

const fields = new DecodedFields((bytes) => Buffer.allocUnsafeSlow(bytes));

/** Blocks as a peer sends them one after the other; the first fills the table. */
function blocksOf(texts: readonly string[], encoder = new HpackEncoder()): readonly Uint8Array[] {
  return texts.map((text) => {
    const block = new FieldBlock();
    encoder.begin(block);
    encoder.encodeLines(Buffer.from(text, 'latin1'), 0, text.length, block);
    return block.bytes.slice(0, block.length);
  });
}

function measureDecode(name: string, text: string): void {
  const blocks = blocksOf([text, text, text]);
  const decoder = new HpackDecoder();
  const decode = (block: Uint8Array): number => {
    fields.reset(LIMITS);
    return decoder.decode(block, 0, block.length, fields) ? fields.count : 0;
  };
  for (const block of blocks) decode(block);
  const last = blocks[2]!;
  measure(`decode ${name} (${last.length} bytes)`, () => decode(last));
}

function measureEncode(name: string, texts: readonly string[]): void {
  const encoder = new HpackEncoder();
  const block = new FieldBlock();
  const all = texts.map((text) => Buffer.from(text, 'latin1'));
  let turn = 0;
  measure(`encode ${name}`, () => {
    const bytes = all[turn]!;
    turn = turn + 1 === all.length ? 0 : turn + 1;
    block.reset();
    encoder.begin(block);
    encoder.encodeStatus(200, block);
    encoder.encodeLines(bytes, 0, bytes.length, block);
    return block.length;
  });
}

measureDecode('request, all known', REQUEST);
const paths = blocksOf(Array.from({ length: 3 }, (_, index) => REQUEST.replace('PATH', `api/users/${index}?x=1`)));
{
  const decoder = new HpackDecoder();
  const decode = (block: Uint8Array): number => {
    fields.reset(LIMITS);
    return decoder.decode(block, 0, block.length, fields) ? fields.count : 0;
  };
  for (const block of paths) decode(block);
  measure(`decode request, new path (${paths[2]!.length} bytes)`, () => decode(paths[2]!));
  measure(`decode request, nothing known (${paths[0]!.length} bytes)`, () => decode(paths[0]!));
}
measureDecode('reply', REPLY);
measureEncode('reply, all known', [REPLY]);
measureEncode(
  'reply, lengths differ',
  Array.from({ length: 1000 }, (_, index) => REPLY.replace('LENGTH', String(index * 37))),
);
measureEncode(
  'request, paths differ',
  Array.from({ length: 1000 }, (_, index) => REQUEST.replace('PATH', `api/users/${index}?x=1`)),
);

const text = Buffer.from('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36');
const coded = Buffer.alloc(100);
const codedLength = huffmanEncode(text, 0, text.length, coded, 0);
const out = Buffer.alloc(100);
measure(`Huffman decode, ${text.length} characters`, () => huffmanDecode(coded, 0, codedLength, out, 0));
measure(`Huffman encode, ${text.length} characters`, () => huffmanEncode(text, 0, text.length, coded, 0));
