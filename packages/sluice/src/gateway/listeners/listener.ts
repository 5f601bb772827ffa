/** A listener of any kind, as its worker sees it. */
import type { ListenerPlan } from '../../config/plan.ts';
import type { RouteRuntime } from '../exchange/route-runtime.ts';
import type { ServiceCore } from '../service/service-core.ts';
import type { NamedService, WorkerContext } from '../worker-context.ts';
import { HttpListener } from './http-listener.ts';

/** What a listener needs of its worker beyond the common. `data-plane.ts` is it. */
export interface ListenerOwner extends WorkerContext {
  /** Whether other workers listen on the same ports. */
  readonly sharesPorts: boolean;
  compileRoute(index: number): RouteRuntime;
  service(name: string): (ServiceCore & NamedService) | undefined;
  /** The last connection of a draining listener has gone. */
  onListenerEmpty(): void;
}

export interface Listener {
  readonly plan: ListenerPlan;
  /** Connections (sessions) there are. */
  readonly size: number;
  /** Opens the address; who connects waits for `serve`. Rejects with the system's error when it is taken. */
  start(): Promise<void>;
  /** The plan is in force: connections are served from now on. */
  serve(): void;
  /** Takes over what a changed plan says; connections stay. Its kind and address are the same. */
  update(plan: ListenerPlan): void;
  /** Compiles the routes, or targets, that hold here. */
  setRoutes(): void;
  /** Stops accepting; each connection's next reply says that it is the last. */
  drain(): void;
  /** Connections without anything under way: at the end of a drain they are closed, not cut. */
  closeIdle(): void;
  /** Ends what is left. @returns How many exchanges were cut. */
  close(): number;
}

/** A listener for this plan; null when the workers have nothing to do with it (the kernel has). What serves layer 4 is loaded with the first such listener. */
export async function createListener(owner: ListenerOwner, plan: ListenerPlan, slot: number): Promise<Listener | null> {
  if (plan.kind === 'http') return new HttpListener(owner, plan, slot);
  if (plan.kind === 'forward') {
    const { ForwardListener } = await import('../forward-proxy/forward-listener.ts');
    return new ForwardListener(owner, plan, slot);
  }
  if (plan.engine === 'kernel') return null;
  if (plan.kind === 'stream') {
    const { StreamListener } = await import('../layer4/stream-listener.ts');
    return new StreamListener(owner, plan, slot);
  }
  const { DatagramListener } = await import('../layer4/datagram-listener.ts');
  return new DatagramListener(owner, plan, slot);
}
