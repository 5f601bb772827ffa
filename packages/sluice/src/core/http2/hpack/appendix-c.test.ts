/** Every example of RFC 7541 Appendix C. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Pair, decodePairs, encodePairs, hex } from '../../../../test/support/hpack.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';

interface Step {
  readonly block: string;
  readonly fields: readonly Pair[];
  /** The dynamic table afterwards, newest first. */
  readonly table: readonly Pair[];
}

const DATE: Pair = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const LATER: Pair = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const PRIVATE: Pair = ['cache-control', 'private'];
const NO_CACHE: Pair = ['cache-control', 'no-cache'];
const LOCATION: Pair = ['location', 'https://www.example.com'];
const GZIP: Pair = ['content-encoding', 'gzip'];
const COOKIE: Pair = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];
const AUTHORITY: Pair = [':authority', 'www.example.com'];
const CUSTOM: Pair = ['custom-key', 'custom-value'];

function request(scheme: string, path: string): readonly Pair[] {
  return [[':method', 'GET'], [':scheme', scheme], [':path', path], AUTHORITY];
}

function status(code: string): Pair {
  return [':status', code];
}

const LITERALS: readonly (readonly [title: string, step: Step])[] = [
  [
    'C.2.1 literal with indexing',
    {
      block: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      fields: [['custom-key', 'custom-header']],
      table: [['custom-key', 'custom-header']],
    },
  ],
  ['C.2.2 literal without indexing', { block: '040c 2f73 616d 706c 652f 7061 7468', fields: [[':path', '/sample/path']], table: [] }],
  ['C.2.3 literal never indexed', { block: '1008 7061 7373 776f 7264 0673 6563 7265 74', fields: [['password', 'secret']], table: [] }],
  ['C.2.4 indexed', { block: '82', fields: [[':method', 'GET']], table: [] }],
];

const REQUEST_FIELDS: readonly Omit<Step, 'block'>[] = [
  { fields: request('http', '/'), table: [AUTHORITY] },
  { fields: [...request('http', '/'), NO_CACHE], table: [NO_CACHE, AUTHORITY] },
  { fields: [...request('https', '/index.html'), CUSTOM], table: [CUSTOM, NO_CACHE, AUTHORITY] },
];

const RESPONSE_FIELDS: readonly Omit<Step, 'block'>[] = [
  { fields: [status('302'), PRIVATE, DATE, LOCATION], table: [LOCATION, DATE, PRIVATE, status('302')] },
  { fields: [status('307'), PRIVATE, DATE, LOCATION], table: [status('307'), LOCATION, DATE, PRIVATE] },
  { fields: [status('200'), PRIVATE, LATER, LOCATION, GZIP, COOKIE], table: [COOKIE, GZIP, LATER] },
];

const PLAIN_REQUESTS: readonly string[] = [
  '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
  '8286 84be 5808 6e6f 2d63 6163 6865',
  '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
];
const CODED_REQUESTS: readonly string[] = [
  '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
  '8286 84be 5886 a8eb 1064 9cbf',
  '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
];
const PLAIN_RESPONSES: readonly string[] = [
  '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 54' +
    '6e17 6874 7470 733a 2f2f 7777 772e 6578 616d 706c 652e 636f 6d',
  '4803 3330 37c1 c0bf',
  '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970' +
    '7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
];
const CODED_RESPONSES: readonly string[] = [
  '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
  '4883 640e ffc1 c0bf',
  '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab' +
    '77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
];

/** The whole dynamic table, read by its indices. */
function tableOf(decoder: HpackDecoder): readonly Pair[] {
  const pairs: Pair[] = [];
  for (;;) {
    const next = decodePairs(decoder, Uint8Array.of(0x80 | (62 + pairs.length)));
    if (next === null) return pairs;
    pairs.push(...next);
  }
}

function decodes(decoder: HpackDecoder, step: Step): void {
  assert.deepEqual(decodePairs(decoder, hex(step.block)), step.fields);
  assert.deepEqual(tableOf(decoder), step.table);
}

function decodesAll(blocks: readonly string[], steps: readonly Omit<Step, 'block'>[], tableBytesMax: number): void {
  const decoder = new HpackDecoder(tableBytesMax);
  for (const [index, step] of steps.entries()) decodes(decoder, { ...step, block: blocks[index]! });
}

describe('RFC 7541 Appendix C is decoded', () => {
  for (const [title, step] of LITERALS) test(title, () => decodes(new HpackDecoder(), step));
  test('C.3 requests', () => decodesAll(PLAIN_REQUESTS, REQUEST_FIELDS, 4096));
  test('C.4 requests, Huffman', () => decodesAll(CODED_REQUESTS, REQUEST_FIELDS, 4096));
  test('C.5 responses, with eviction', () => decodesAll(PLAIN_RESPONSES, RESPONSE_FIELDS, 256));
  test('C.6 responses, Huffman, with eviction', () => decodesAll(CODED_RESPONSES, RESPONSE_FIELDS, 256));
});

test('RFC 7541 Appendix C.4 is what our encoder writes', () => {
  const encoder = new HpackEncoder();
  for (const [index, { fields }] of REQUEST_FIELDS.entries()) {
    assert.deepEqual(Buffer.from(encodePairs(encoder, fields)), Buffer.from(hex(CODED_REQUESTS[index]!)));
  }
});
