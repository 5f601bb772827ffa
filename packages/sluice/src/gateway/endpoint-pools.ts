/** The pools of a service's endpoints, through changes: those that stay keep their connections, those that go finish what they have. */
import type { Instant } from '../base/time.ts';
import type { EndpointPlan, PoolPlan } from '../config/plan.ts';
import { Pool, type PoolOwner } from './pool.ts';

export class EndpointPools {
  private readonly owner: PoolOwner;
  private readonly pools = new Map<number, Pool>();
  private readonly leaving = new Set<Pool>();

  constructor(owner: PoolOwner) {
    this.owner = owner;
  }

  get(slot: number): Pool | undefined {
    return this.pools.get(slot);
  }

  /** Has exactly these endpoints from now on. */
  set(endpoints: readonly EndpointPlan[], slots: Readonly<Record<string, number>>, plan: PoolPlan): void {
    const wanted = new Set<number>();
    for (const endpoint of endpoints) {
      const slot = slots[endpoint.address]!;
      wanted.add(slot);
      const pool = this.pools.get(slot);
      if (pool === undefined) this.pools.set(slot, new Pool(this.owner, slot, endpoint));
      else pool.plan = plan;
    }
    for (const slot of this.pools.keys()) if (!wanted.has(slot)) this.retire(slot);
  }

  /** Retires all. */
  close(): void {
    for (const slot of this.pools.keys()) this.retire(slot);
  }

  /** Those who waited too long for a connection are told; empty retired pools are forgotten. */
  expire(now: Instant): void {
    for (const pool of this.pools.values()) pool.expire(now);
    for (const pool of this.leaving) {
      pool.expire(now);
      if (pool.isEmpty) this.leaving.delete(pool);
    }
  }

  private retire(slot: number): void {
    const pool = this.pools.get(slot)!;
    this.pools.delete(slot);
    pool.close();
    if (!pool.isEmpty) this.leaving.add(pool);
  }
}
