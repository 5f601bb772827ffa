/**
 * Makes inputs: requests from a grammar whose alternatives are mostly right and sometimes the mistakes that attacks are made of, then
 * mutated bytewise. Everything comes from the random source, so a seed replays a run.
 */
import { randomInteger, type Random } from '../../src/base/random.ts';

const methods = [
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'QUERY',
  'get',
  'GE T',
  'G\tT',
  '',
  'CONNECT',
  'TRACE',
  'PRI',
  'SOURCE',
];
const targets = [
  '/',
  '/a/b?c=d',
  '*',
  'http://h/x',
  'http://u@h/',
  'h:80',
  '/a#b',
  '/\x80',
  '/%00',
  '//x',
  '/?a=<>',
  '/a b',
  '/"',
  'HTTP://H',
  '/\x7f',
];
const versions = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.2',
  'http/1.1',
  'HTTP/01.1',
  'HTTP/1.1 ',
  'ICE/1.0',
];
const lengths = [
  '0',
  '1',
  '5',
  '05',
  '+5',
  '-1',
  '5,5',
  '5, 5',
  '0x5',
  '',
  ' 5',
  '5 ',
  '5\t',
  '9999999999999999',
  '5_0',
  '\x0b5',
  '1e1',
  '5;',
];
const codings = [
  'chunked',
  'chunked',
  'Chunked',
  ' chunked',
  'chunked ',
  'xchunked',
  'chunked, identity',
  'identity',
  'gzip, chunked',
  'chunked, chunked',
  '',
  '"chunked"',
  'chunked;q=1',
  '\x0bchunked',
  'chunked,',
  ',chunked',
];
const connections = [
  'close',
  'keep-alive',
  'Close',
  'upgrade',
  'keep-alive, close',
  'close , x',
  'x',
  '',
  'content-length',
  'closed',
  'clos',
  'close close',
];
const others = [
  'A: b',
  'A:b',
  'A:  b  ',
  'A:\tb',
  'A:',
  'A: \x80\xff',
  'A: b\x00',
  'A : b',
  ' A: b',
  '\tA: b',
  'A\x00: b',
  'A: b\rc',
  'A: b\nc',
  ': b',
  'A',
  'A_B: c',
  'Expect: 100-continue',
  'Expect: x',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'TE: trailers',
  'Transfer_Encoding: chunked',
  'Content_Length: 3',
  'Content-Length : 3',
  'Transfer-Encoding\x0b: chunked',
  'Cookie: a=b; c=d',
  'Trailer: X',
  'A: \x7f',
  'A: \x01',
];
const lineEnds = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
];
const chunkSizes = [
  '0',
  '1',
  '5',
  'a',
  'A',
  '05',
  '000000000005',
  '00000000000000005',
  '+5',
  '-5',
  '0x5',
  ' 5',
  '5 ',
  '',
  'g',
  'ffffffffffffffff',
  '5\t',
  '5_',
];
const extensions = [
  ';a',
  ';a=b',
  ';a="b"',
  ';',
  '; a',
  ';a=b;c',
  ';a="\\""',
  ';\x80',
  ';a="',
  ';a b',
  ' ;a',
  ';=b',
  ';a=',
  ';\x01',
  ';a\r',
];
const trailerLines = ['X: y', 'X:y', 'Content-Length: 5', 'X', ' X: y', 'X : y', 'Transfer-Encoding: chunked', 'X: \x00', 'Host: z'];
const dictionary = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '0\r\n\r\n',
  'Content-Length: 1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'HTTP/1.1',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  '5',
  '\x0b',
  '\x85',
  '\xa0',
  'chunked',
];

/** Where the hostile alternatives come in: a share of the choices. */
interface Source {
  readonly random: Random;
  /** Chance per choice to take any alternative instead of the first. */
  readonly wildness: number;
}

function pick(random: Random, list: readonly string[]): string {
  return list[randomInteger(random, list.length)] ?? '';
}

/** Mostly the usual text, sometimes any of the list. */
function choose(source: Source, usual: string, list: readonly string[]): string {
  return source.random() < source.wildness ? pick(source.random, list) : usual;
}

function eol(source: Source): string {
  return source.random() < source.wildness / 4 ? pick(source.random, lineEnds) : '\r\n';
}

/** The bytes of a connection, as latin1: one to three requests, possibly mutated. */
export function generateInput(random: Random): Buffer {
  const source: Source = { random, wildness: pickWildness(random) };
  let text = '';
  for (let count = 1 + randomInteger(random, 3); count > 0; count--) text += generateRequest(source);
  const bytes = Buffer.from(text, 'latin1');
  return random() < 0.5 ? bytes : mutate(random, bytes);
}

/** A third of the inputs is almost clean, so that pipelining and bodies are reached. */
function pickWildness(random: Random): number {
  const roll = random();
  return roll < 0.35 ? 0.02 : roll < 0.75 ? 0.12 : 0.4;
}

function generateRequest(source: Source): string {
  const { random } = source;
  const framing = random();
  const method = framing < 0.4 ? choose(source, 'GET', methods) : choose(source, 'POST', methods);
  const space = choose(source, ' ', [' ', '  ', '\t', '']);
  let text = `${method}${space}${choose(source, '/', targets)} ${choose(source, 'HTTP/1.1', versions)}${eol(source)}`;
  const lines = [`Host: ${choose(source, 'a', ['a', 'a:80', '', 'a b', 'u@a', 'a,b', '\x00'])}`];
  for (let count = randomInteger(random, 4); count > 0; count--) lines.push(choose(source, 'A: b', others));
  if (random() < 0.15) lines.push(`Connection: ${pick(random, connections)}`);
  if (random() < source.wildness / 2) lines.push(pick(random, ['Host: b', 'host: a', 'Content-Length: 5', 'Transfer-Encoding: chunked']));
  const body = framing < 0.4 ? '' : framing < 0.7 ? lengthBody(source, lines) : chunkedBody(source, lines);
  for (const line of lines) text += `${line}${eol(source)}`;
  return `${text}${eol(source)}${body}`;
}

function lengthBody(source: Source, lines: string[]): string {
  lines.push(
    `${choose(source, 'Content-Length', ['content-length', 'CONTENT-LENGTH', 'Content-Length ', 'Content_Length'])}: ${choose(source, '5', lengths)}`,
  );
  return 'hello';
}

function chunkedBody(source: Source, lines: string[]): string {
  lines.push(
    `${choose(source, 'Transfer-Encoding', ['transfer-encoding', 'Transfer-Encoding ', 'Transfer_Encoding', 'TE'])}: ${choose(source, 'chunked', codings)}`,
  );
  let text = '';
  for (let count = randomInteger(source.random, 3); count > 0; count--) {
    const extension = source.random() < 0.2 ? choose(source, ';a=b', extensions) : '';
    text += `${choose(source, '5', chunkSizes)}${extension}${eol(source)}hello${eol(source)}`;
  }
  const last = source.random() < 0.1 ? choose(source, ';a=b', extensions) : '';
  text += `${choose(source, '0', ['0', '00', '0000000', '-0', '0x0'])}${last}${eol(source)}`;
  for (let count = source.random() < 0.2 ? 1 : 0; count > 0; count--) text += `${choose(source, 'X: y', trailerLines)}${eol(source)}`;
  return text + eol(source);
}

/** One to four bytewise changes. */
function mutate(random: Random, bytes: Buffer): Buffer {
  let current = bytes;
  for (let count = 1 + randomInteger(random, 4); count > 0 && current.length > 0; count--) current = mutateOnce(random, current);
  return current;
}

function mutateOnce(random: Random, bytes: Buffer): Buffer {
  const at = randomInteger(random, bytes.length);
  const size = 1 + randomInteger(random, 8);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (randomInteger(random, 6)) {
    case 0:
      return Buffer.concat([head, Buffer.from([randomInteger(random, 256)]), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.concat([head, Buffer.from([randomInteger(random, 256)]), tail]);
    case 2:
      return Buffer.concat([head, bytes.subarray(at + size)]);
    case 3:
      return Buffer.concat([head, Buffer.from(pick(random, dictionary), 'latin1'), tail]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at + size), tail]);
    default:
      return Buffer.concat([head, bytes.subarray(randomInteger(random, bytes.length)).subarray(0, size), tail]);
  }
}

/** Places to cut the bytes at, ascending; sometimes at every byte. */
export function generateCuts(random: Random, length: number): number[] {
  if (length > 0 && random() < 0.1) return Array.from({ length: length - 1 }, (_, index) => index + 1);
  const cuts = Array.from({ length: 1 + randomInteger(random, 6) }, () => randomInteger(random, length + 1));
  return cuts.toSorted((left, right) => left - right);
}
