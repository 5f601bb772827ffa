import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticketSecrets } from '../../test/support/ticket-secrets.ts';
import type { FromWorker } from '../config/worker-protocol.ts';
import { workerThreads } from './worker-threads.ts';

/** A thread that runs this module, what it said first, and the reason of its end. */
function start(source: string) {
  const said = Promise.withResolvers<FromWorker>();
  const ended = Promise.withResolvers<string>();
  const spawn = workerThreads(
    new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from 'node:worker_threads';\n${source}`)}`),
  );
  const data = {
    index: 3,
    endpoints: new SharedArrayBuffer(4),
    metrics: new SharedArrayBuffer(4),
    exemplars: null,
    tickets: ticketSecrets(),
  };
  const thread = spawn(data, { message: said.resolve, exited: ended.resolve });
  return { thread, data, said: said.promise, ended: ended.promise };
}

test('a thread gets its start, shares its memory, and is talked to both ways', { timeout: 10_000 }, async () => {
  const { thread, data, said, ended } = start(`
    new Int32Array(workerData.endpoints)[0] = workerData.index;
    parentPort.on('message', (message) => { parentPort.postMessage(message); parentPort.close(); });`);
  thread.send({ type: 'drain', deadlineMs: 5, idleMs: 5 });
  assert.deepEqual(await said, { type: 'drain', deadlineMs: 5, idleMs: 5 });
  assert.equal(await ended, 'exit code 0');
  assert.equal(new Int32Array(data.endpoints)[0], 3);
});

test('the reason of a crash is the error', { timeout: 10_000 }, async () => {
  const { ended } = start(`throw new Error('on purpose');`);
  assert.match(await ended, /Error: on purpose/);
});

test('a thread that will not end is ended', { timeout: 10_000 }, async () => {
  const { thread, said, ended } = start(`parentPort.postMessage({ type: 'drained', cut: 0 }); for (;;);`);
  await said;
  thread.terminate();
  assert.match(await ended, /exit code/);
});
