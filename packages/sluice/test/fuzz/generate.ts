/**
 * Makes inputs: requests from a grammar whose alternatives are mostly right and sometimes the mistakes that attacks are made of, then
 * mutated bytewise. Everything comes from the random source, so a seed replays a run.
 */
import { randomInteger, type Random } from '../../src/base/random.ts';
import {
  chunkSizes,
  codings,
  connections,
  dictionary,
  extensions,
  lengths,
  lineEnds,
  methods,
  others,
  targets,
  trailerLines,
  versions,
} from './vocabulary.ts';

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
