import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { keepAlive } from './keep-alive.ts';

function timeoutWith(own: number, asked?: string): number {
  const server = createServer();
  server.keepAliveTimeout = own;
  return keepAlive(server, asked === undefined ? {} : { SLUICE_KEEP_ALIVE_MS: asked }).keepAliveTimeout;
}

test('raises the timeout to what is asked for, and never lowers it', () => {
  assert.equal(timeoutWith(5_000, '65000'), 65_000);
  assert.equal(timeoutWith(90_000, '65000'), 90_000);
  assert.equal(timeoutWith(0, '65000'), 0, 'for ever is longer');
});

test('without a usable number nothing changes', () => {
  for (const asked of [undefined, '', '-1', '1e5', '65s', '12345678901']) assert.equal(timeoutWith(5_000, asked), 5_000, String(asked));
});
