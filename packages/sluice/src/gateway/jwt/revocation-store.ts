/** The store that revocations stand in. */
import type { StorePlan } from '../../config/plan.ts';
import { ValkeyClient } from '../../clients/valkey/valkey-client.ts';
import { nodeRuntime } from '../../io/node-runtime.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { RevocationStore } from './revocation.ts';

/** Begins to connect; commands fail at once until that is done. */
export function revocationStore(store: StorePlan, worker: WorkerContext): RevocationStore {
  const { url, connectTimeoutMs, commandTimeoutMs, name } = store;
  const client = new ValkeyClient({
    url,
    connectTimeoutMs,
    commandTimeoutMs,
    runtime: nodeRuntime,
    say(state) {
      if (state.state === 'up') worker.event('info', 'store connected', { store: name });
      else worker.event('warn', 'store away', { store: name, reason: state.reason });
    },
  });
  client.start();
  return client;
}
