import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

/** A thread that makes some garbage, is busy until it is told, and tells when it collects everything. */
const THREAD = `
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import { trimHeapWhenQuiet } from ${JSON.stringify(new URL('minor-gc.ts', import.meta.url).href)};
new PerformanceObserver((list) => {
  // V8 may have reasons of its own for a major collection; ours alone takes all there is.
  const isOurs = ({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR && detail.flags === constants.NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE;
  const isWhole = list.getEntries().some(isOurs);
  if (isWhole) parentPort.postMessage(busy === null ? 'quiet' : 'busy');
}).observe({ entryTypes: ['gc'] });
let busy = setInterval(() => { const until = performance.now() + 10; while (performance.now() < until); }, 20);
parentPort.once('message', () => { clearInterval(busy); busy = null; });
setTimeout(() => parentPort.postMessage('looked'), 1_500);
setInterval(() => {}, 60_000);
trimHeapWhenQuiet();
`;

test('everything is collected once a thread has nothing to do, and not before', { timeout: 20_000 }, async (t) => {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`));
  t.after(() => worker.terminate());
  assert.deepEqual(await once(worker, 'message'), ['looked']);
  worker.postMessage('rest');
  assert.deepEqual(await once(worker, 'message'), ['quiet']);
});
