import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readValkeyAddress, withoutPassword } from './valkey-address.ts';

test('URLs say where, as whom, and whether over TLS', () => {
  assert.deepEqual(readValkeyAddress('rediss://me:p%40ss@cache.example:7000/3'), {
    path: null,
    host: 'cache.example',
    port: 7_000,
    isTls: true,
    username: 'me',
    password: 'p@ss',
    database: 3,
    shown: 'rediss://cache.example:7000/3',
  });
  const plain = readValkeyAddress('valkey://[::1]');
  assert.deepEqual(
    [plain.host, plain.port, plain.isTls, plain.username, plain.password, plain.shown],
    ['::1', 6_379, false, null, null, 'valkey://[::1]:6379'],
  );
  const socket = readValkeyAddress('redis+unix:///run/valkey.sock?db=1&password=secret');
  assert.deepEqual(
    [socket.path, socket.database, socket.password, socket.shown],
    ['/run/valkey.sock', 1, 'secret', 'redis+unix:///run/valkey.sock?db=1'],
  );
});

test('what is no such URL is refused in words that do not show it', () => {
  for (const [text, message] of [
    ['nonsense secret', /cannot be read/],
    ['http://:secret@host', /scheme .* got http/],
    ['redis://', /has no host|cannot be read/],
    ['redis+unix://', /has no path|cannot be read/],
    ['redis://:secret@host/x', /database/],
    ['redis://:secret@host/-1', /database/],
    ['redis://:secret%zz@host', /write %25/],
  ] as const)
    assert.throws(
      () => readValkeyAddress(text),
      (error: Error) => message.test(error.message) && !error.message.includes('secret'),
      text,
    );
});

test('a password is taken out of messages, as it is and as URLs have it', () => {
  const address = readValkeyAddress('redis://:p%40ss@host');
  assert.equal(withoutPassword('AUTH p@ss failed at redis://:p%40ss@host', address), 'AUTH *** failed at redis://:***@host');
  assert.equal(withoutPassword('plain', readValkeyAddress('redis://host')), 'plain');
});
