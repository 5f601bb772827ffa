import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStray } from './stray-errors.ts';

function errorWith(...frames: readonly string[]): Error {
  const error = new Error('boom');
  error.stack = ['Error: boom', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

const OWN = `Exchange.stop (${new URL('../exchange/exchange.ts', import.meta.url).href}:1:2)`;
const USERS = 'Timeout._onTimeout (file:///app/my-filter.ts?sluice-config=abc:3:9)';

test('an error with a line of a filter is stray, also where the gateway was called from there', () => {
  assert.equal(isStray(errorWith(USERS)), true);
  assert.equal(isStray(errorWith(OWN, USERS)), true);
});

test('an error of libraries or of Node alone is stray: the gateway listens to its own sockets', () => {
  assert.equal(isStray(errorWith('TCPConnectWrap.afterConnect [as oncomplete] (node:net:1636:16)')), true);
  assert.equal(isStray('a text'), true);
});

test('an error of the gateway itself is none: nobody knows what it left half done', () => {
  assert.equal(isStray(errorWith(OWN, 'Socket.emit (node:events:508:28)')), false);
});
