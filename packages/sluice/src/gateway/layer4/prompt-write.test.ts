import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { writePromptly } from './prompt-write.ts';

test('only one small write may leave without TCP_NODELAY', async () => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cases: readonly (readonly [readonly number[], readonly boolean[]])[] = [
    [
      [536, 1],
      [false, true],
    ],
    [[537], [true]],
  ];
  for (const [sizes, isSet] of cases) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    let isPrompt = false;
    socket.setNoDelay = (noDelay = true) => {
      isPrompt = noDelay;
      return socket;
    };
    sizes.forEach((size, index) => {
      assert.equal(writePromptly(socket, Buffer.alloc(size), index === 0), true);
      assert.equal(isPrompt, isSet[index], `${size} bytes`);
    });
    socket.destroy();
  }
  server.close();
});
