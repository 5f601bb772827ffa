/** Content that an exchange keeps for another attempt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { type Client, Exchange } from './exchange.ts';

/** Nobody is told anything here. */
const NOBODY = {} as Client;

function content(exchange: Exchange): string {
  return Buffer.concat(exchange.parts).toString('latin1');
}

test('small pieces are joined, whatever was read with them is let go', () => {
  const exchange = new Exchange(NOBODY, instant(0));
  const read = Buffer.alloc(64 * 1024, 'x');
  let expected = '';
  for (let index = 0; index < 20_000; index++) {
    read[index] = 0x61 + (index % 26);
    expected += String.fromCharCode(read[index]!);
    exchange.keepBody(read.subarray(index, index + 1));
  }
  read.fill(0);
  assert.equal(content(exchange), expected);
  assert.equal(exchange.partsBytes, 20_000);
  assert.ok(exchange.parts.length <= 3, `${exchange.parts.length} parts`);
  assert.ok(exchange.parts.every((part) => part.buffer !== read.buffer));
});

test('large pieces are kept as they are, in order with small ones', () => {
  const exchange = new Exchange(NOBODY, instant(0));
  const large = Buffer.alloc(20_000, 'L');
  exchange.keepBody(Buffer.from('one'));
  exchange.keepBody(Buffer.from('two'));
  exchange.keepBody(large);
  exchange.keepBody(Buffer.from('three'));
  assert.equal(content(exchange), `onetwo${'L'.repeat(20_000)}three`);
  assert.equal(
    exchange.parts.find((part) => part === large),
    large,
  );
});

test('a part that was handed on does not change when more is kept', () => {
  const exchange = new Exchange(NOBODY, instant(0));
  exchange.keepBody(Buffer.from('one'));
  exchange.keepBody(Buffer.from('two'));
  const before = [...exchange.parts];
  const text = content(exchange);
  exchange.keepBody(Buffer.from('three'));
  assert.equal(Buffer.concat(before).toString(), text);
  exchange.forgetBody();
  exchange.keepBody(Buffer.from('anew'));
  assert.equal(content(exchange), 'anew');
});
