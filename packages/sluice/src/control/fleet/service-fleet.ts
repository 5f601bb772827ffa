/** Skeleton. */
import type { Instant } from '../../base/time.ts';
import type { FleetServicePlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import type { Decision, VictimRecord } from '../../core/scaling/decision.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';
import type { EndpointTraits } from '../discovery/endpoint-overlay.ts';
import type { ScaledService } from '../scaling/scaled-service.ts';
import { type DeployRequest, type FleetResult, refused } from './fleet-request.ts';
import type { FleetWorld } from './fleet-world.ts';

export interface ServiceFleetOptions {
  readonly plan: FleetServicePlan;
  readonly world: FleetWorld;
}

export class ServiceFleet implements ScaledService {
  readonly #options: ServiceFleetOptions;

  constructor(options: ServiceFleetOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.plan.service;
  }

  get plan(): FleetServicePlan {
    return this.#options.plan;
  }

  get startMs(): number | null {
    return null;
  }

  get manual(): number | null {
    return null;
  }

  counts(_now: Instant): { readonly wanted: number; readonly ready: number; readonly warm: number; readonly starting: number } {
    return { wanted: 0, ready: 0, warm: 0, starting: 0 };
  }

  instances(): readonly InstanceView[] {
    return [];
  }

  endpoints(): readonly EndpointPlan[] {
    return [];
  }

  traits(): EndpointTraits {
    return { isPaused: false, split: null };
  }

  want(_count: number, _decision: Decision): readonly VictimRecord[] {
    return [];
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async detach(): Promise<void> {}
  kill(): void {}
  update(_plan: FleetServicePlan): void {}

  scale(_count: number | 'auto'): FleetResult {
    return refused('');
  }

  deploy(_request: DeployRequest): FleetResult {
    return refused('');
  }

  command(_command: 'rollback' | 'promote'): FleetResult {
    return refused('');
  }

  pause(_deadlineMs: number | null): FleetResult {
    return refused('');
  }

  resume(): FleetResult {
    return refused('');
  }

  protect(_instance: string, _isProtected: boolean): FleetResult {
    return refused('');
  }

  status(): FleetServiceStatus {
    throw new Error('not yet');
  }
}
