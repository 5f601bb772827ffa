/** The thread in which libmodsecurity runs: one request after the other, so that half a millisecond of rules never holds up a worker's other requests. */
import { parentPort, workerData } from 'node:worker_threads';
import { ModSecurity } from '../../io/modsecurity.ts';
import type { ModSecurityAnswer, ModSecurityQuestion } from './modsecurity-protocol.ts';

const port = parentPort!;
const answer = (message: ModSecurityAnswer): void => port.postMessage(message);

try {
  const engine = await ModSecurity.open((workerData as { readonly rules: readonly string[] }).rules);
  port.on('message', ({ id, request, expires }: ModSecurityQuestion) => {
    const isLate = Date.now() >= expires; // nobody waits for it: on to those for whom somebody does
    let verdict = null;
    try {
      if (!isLate) verdict = engine.judge(request);
    } finally {
      answer({ kind: 'verdict', id, verdict });
    }
  });
  answer({ kind: 'ready' });
} catch (error) {
  answer({ kind: 'unusable', reason: error instanceof Error ? error.message : String(error) });
}
