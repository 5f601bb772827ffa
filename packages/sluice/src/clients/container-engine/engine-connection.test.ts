/** Over real sockets: an engine that answers, breaks off, stays silent, or is not there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EngineConnection } from './engine-connection.ts';

/** Answers each request with these bytes, and `end`s the connection or not. */
async function withEngine(bytes: string, ends: boolean, run: (connection: EngineConnection) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => (ends ? socket.end(bytes) : socket.write(bytes)));
  });
  const path = join(folder, 'e.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await run(new EngineConnection(path));
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

const reply = (status: string, body: string): string => `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const call = { method: 'GET', path: '/x', deadlineMs: 300 } as const;

test('an answer is parsed', () =>
  withEngine(reply('200 OK', '{"a":1}'), true, async (connection) => assert.deepEqual(await connection.call(call), { a: 1 })));

for (const [status, kind] of [
  ['404 Not Found', 'missing'],
  ['409 Conflict', 'conflict'],
  ['400 Bad Request', 'refused'],
  ['500 Internal Server Error', 'away'],
] as const) {
  test(`${status} is ${kind}, in the words of the engine, stream or not`, () =>
    withEngine(reply(status, '{"message":"its words"}'), true, async (connection) => {
      await assert.rejects(connection.call(call), { kind, message: 'its words', status: Number(status.slice(0, 3)) });
      await assert.rejects(connection.stream(call, new AbortController().signal), { kind, message: 'its words' });
    }));
}

test('an answer that never comes, or breaks off, is an engine that is away', async () => {
  await withEngine('', false, (connection) =>
    assert.rejects(connection.call(call), { kind: 'away', status: null, message: /within 300 ms/ }),
  );
  const half = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a"';
  await withEngine(half, true, (connection) => assert.rejects(connection.call(call), { kind: 'away', status: null }));
});

test('so is one that is not there', async () => {
  await assert.rejects(new EngineConnection('/nowhere/e.sock').call(call), {
    kind: 'away',
    message: 'the container engine at /nowhere/e.sock cannot be reached: ENOENT',
  });
});

test('$DOCKER_HOST does not win over the socket', async () => {
  const before = process.env['DOCKER_HOST'];
  process.env['DOCKER_HOST'] = 'tcp://192.0.2.1:2376';
  try {
    await withEngine(reply('200 OK', '{}'), true, async (connection) => assert.deepEqual(await connection.call(call), {}));
  } finally {
    if (before === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = before;
  }
});
