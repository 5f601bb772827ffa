/** A data plane whose one route keeps what a scripted origin replies. */
import type { ServerResponse } from 'node:http';
import { CONTROL, MemoryStore } from '../../src/core/caching/memory/memory-store.ts';
import { type CacheOrigin, startCacheOrigin } from './cache-origin.ts';
import { planeTo, startPlane, type PlaneConfig, type TestPlane } from './data-plane.ts';

export interface CacheStage {
  readonly origin: CacheOrigin;
  readonly plane: TestPlane;
  /** The main thread's way into the memory. */
  readonly control: MemoryStore;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function stage(cache: Readonly<Record<string, unknown>> = {}, more: Partial<PlaneConfig> = {}): Promise<CacheStage> {
  const origin = await startCacheOrigin();
  const filters = [{ cache }] as NonNullable<PlaneConfig['filters']>;
  const plane = await startPlane(planeTo(origin.port, { filters, ...more }));
  return {
    origin,
    plane,
    control: new MemoryStore(plane.memories()['cache default']!, CONTROL),
    async [Symbol.asyncDispose]() {
      await plane[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** Replies that the test gives when it wants to. */
export function held(origin: CacheOrigin, path: string): ServerResponse[] {
  const waiting: ServerResponse[] = [];
  origin.on(path, (_request, response) => void waiting.push(response));
  return waiting;
}
