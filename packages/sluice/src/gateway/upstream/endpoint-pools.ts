/** The pools of a service's endpoints, through changes: those that stay keep their connections, those that go finish what they have. */
import type { Instant } from '../../base/time.ts';
import { isDeepStrictEqual } from 'node:util';
import type { EndpointPlan, PoolPlan, ServicePlan } from '../../config/plan.ts';
import type { UpstreamTlsPlan } from '../../config/tls-plan.ts';
import { AutoPool } from './auto-pool.ts';
import { Http2Pool } from './http2-pool.ts';
import { type EndpointPool, Pool, type PoolOwner } from './pool.ts';

export class EndpointPools {
  private readonly owner: PoolOwner;
  private readonly pools = new Map<number, EndpointPool>();
  /** What the pools were made for. */
  private protocol: ServicePlan['protocol'] = 'http1';
  private tls: UpstreamTlsPlan | null = null;
  private readonly leaving = new Set<EndpointPool>();

  constructor(owner: PoolOwner) {
    this.owner = owner;
  }

  get(slot: number): EndpointPool | undefined {
    return this.pools.get(slot);
  }

  /** Also of an endpoint that has left and still answers; '' when it is not known. */
  addressOf(slot: number): string {
    const pool = this.pools.get(slot);
    if (pool !== undefined) return pool.address;
    for (const leaving of this.leaving) if (leaving.slot === slot) return leaving.address;
    return '';
  }

  get isEmpty(): boolean {
    for (const pool of this.pools.values()) if (!pool.isEmpty) return false;
    return this.leaving.size === 0;
  }

  /** Has exactly these endpoints from now on. */
  set(endpoints: readonly EndpointPlan[], slots: Readonly<Record<string, number>>, plan: PoolPlan): void {
    const wanted = new Set<number>();
    const { protocol, tls } = this.owner.plan;
    if (this.protocol !== protocol || !isDeepStrictEqual(this.tls, tls)) {
      for (const slot of this.pools.keys()) this.retire(slot); // they speak otherwise from now on
      this.protocol = protocol;
      this.tls = tls;
    }
    for (const endpoint of endpoints) {
      const slot = slots[endpoint.address]!;
      wanted.add(slot);
      const pool = this.pools.get(slot);
      if (pool !== undefined && pool.address !== endpoint.address) this.dismiss(slot); // the row has another owner now
      if (pool?.address !== endpoint.address) this.pools.set(slot, createPool(this.owner, slot, endpoint));
      else pool.plan = plan;
    }
    for (const slot of this.pools.keys()) if (!wanted.has(slot)) this.dismiss(slot);
  }

  /** Keeps no idle connection any more. Whoever is on the way still finds its endpoint. */
  close(): void {
    for (const [slot, pool] of this.pools) {
      pool.close();
      this.owner.worker.longLived.leaveEndpoint(slot);
    }
  }

  /** Who waits gets connections where there is room. */
  serve(now: Instant): void {
    for (const pool of this.pools.values()) pool.serve(now);
    for (const pool of this.leaving) pool.serve(now);
  }

  /** Ends one idle connection; false when there is none. */
  dropIdle(): boolean {
    for (const pool of this.pools.values()) if (pool.dropIdle()) return true;
    return false;
  }

  /** Those who waited too long for a connection are told; empty retired pools are forgotten. */
  expire(now: Instant): void {
    for (const pool of this.pools.values()) pool.expire(now);
    for (const pool of this.leaving) {
      pool.expire(now);
      if (pool.isEmpty) this.leaving.delete(pool);
    }
  }

  /** The endpoint has gone, after its drain: requests finish what they have, WebSockets are told. */
  private dismiss(slot: number): void {
    this.owner.worker.longLived.leaveEndpoint(slot);
    this.retire(slot);
  }

  private retire(slot: number): void {
    const pool = this.pools.get(slot)!;
    this.pools.delete(slot);
    pool.close();
    if (!pool.isEmpty) this.leaving.add(pool);
  }
}

function createPool(owner: PoolOwner, slot: number, endpoint: EndpointPlan): EndpointPool {
  switch (owner.plan.protocol) {
    case 'http1':
      return new Pool(owner, slot, endpoint);
    case 'http2':
      return new Http2Pool(owner, slot, endpoint);
    case 'auto':
      return new AutoPool(owner, slot, endpoint);
  }
}
