/** The store of a plan that filters share: one connection per worker and store, opened with its first use, whose loss and return are told once. */
import type { StorePlan } from '../config/plan.ts';
import { ValkeyClient } from '../clients/valkey/valkey-client.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import type { SharedParts } from './filters/shared-parts.ts';
import type { WorkerContext } from './worker-context.ts';

/** @param store Of the plan, as `storeOf` finds it. */
export function storeClient(store: StorePlan, shared: SharedParts, worker: WorkerContext): ValkeyClient {
  const { name, url, connectTimeoutMs, commandTimeoutMs } = store;
  return shared.get(`store ${JSON.stringify(store)}`, () => {
    const client = new ValkeyClient({
      url,
      connectTimeoutMs,
      commandTimeoutMs,
      runtime: nodeRuntime,
      say: (state) => {
        if (state.state === 'up') worker.event('info', 'store connected', { store: name, address: client.shown });
        else worker.event('warn', 'store away', { store: name, address: client.shown, reason: state.reason });
      },
    });
    client.start();
    return client;
  });
}

/** The store of this name, which the checks of the configuration have seen. */
export function storeOf(worker: WorkerContext, name: string): StorePlan {
  const found = worker.plan.stores.find((store) => store.name === name);
  if (found === undefined) throw new Error(`no store ${JSON.stringify(name)} in the plan`);
  return found;
}
