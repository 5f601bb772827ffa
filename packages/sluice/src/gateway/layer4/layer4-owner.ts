/** What layer 4 listeners need of their worker beyond the common. `data-plane.ts` is it. */
import type { ServiceCore } from '../service/service-core.ts';
import type { NamedService, WorkerContext } from '../worker-context.ts';

export interface Layer4Owner extends WorkerContext {
  /** Whether other workers listen on the same ports. */
  readonly sharesPorts: boolean;
  service(name: string): (ServiceCore & NamedService) | undefined;
  /** The last connection of a draining listener has gone. */
  onListenerEmpty(): void;
}
