/** What Auto Scaling, EC2 and a target group say of one machine, as one (Auto Scaling User Guide, "Instance lifecycle"). Pure. */
import type { Instance as GroupInstance } from '@aws-sdk/client-auto-scaling';
import type { Instance } from '@aws-sdk/client-ec2';
import { timestamp, type Timestamp } from '../../base/time.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { InstanceTrouble } from '../../core/fleet/instance-view.ts';

export interface MachineView {
  readonly id: string;
  readonly version: string;
  readonly startedAt: Timestamp;
  /** `outside`: in standby or a warm pool, it is not part of what the group's number says. */
  readonly phase: 'starting' | 'ready' | 'unready' | 'draining' | 'stopping' | 'outside';
  readonly address: AddressPlan | null;
  readonly trouble: { readonly kind: InstanceTrouble; readonly detail: string } | null;
}

export interface MachineFacts {
  readonly instance: GroupInstance;
  /** Undefined: EC2 does not show it yet, or any more. */
  readonly machine: Instance | undefined;
  /** Null: the target group does not list it. */
  readonly target: { readonly state: string; readonly reason: string } | null;
  readonly hasTargets: boolean;
  readonly port: number;
  readonly address: 'private' | 'public';
}

export function machineView(facts: MachineFacts): MachineView {
  const { instance, machine, port } = facts;
  const host = hostOf(facts);
  const address = host === null ? null : ({ kind: 'tcp', host, port } as const);
  const phase = phaseOf(facts, address !== null);
  return {
    id: instance.InstanceId!,
    version: instance.LaunchTemplate?.Version ?? instance.LaunchConfigurationName ?? '',
    startedAt: timestamp(machine?.LaunchTime?.getTime() ?? 0),
    phase,
    address,
    trouble: troubleOf(facts, phase, host !== null),
  };
}

function hostOf({ machine, address }: MachineFacts): string | null {
  const host = address === 'private' ? machine?.PrivateIpAddress : machine?.PublicIpAddress;
  return host === undefined || host === '' ? null : host;
}

function phaseOf({ instance, target, hasTargets }: MachineFacts, hasAddress: boolean): MachineView['phase'] {
  const state = instance.LifecycleState ?? '';
  if (state.startsWith('Warmed')) return 'outside';
  if (state === 'Standby' || state === 'EnteringStandby' || state.startsWith('Detach')) return 'outside';
  // In `Terminating:Wait` a lifecycle hook holds it, so that it can finish what it has.
  if (state === 'Terminating:Wait') return 'draining';
  if (state.startsWith('Terminat')) return 'stopping';
  if (state !== 'InService' || !hasAddress) return 'starting';
  if (instance.HealthStatus?.toLowerCase() === 'unhealthy') return 'unready';
  if (!hasTargets) return 'ready';
  if (target === null || target.state === 'initial') return 'starting';
  // `unused`: no listener leads to the target group, so nobody checks it; the group's own health counts.
  return target.state === 'healthy' || target.state === 'unused' ? 'ready' : 'unready';
}

function troubleOf({ instance, target, address }: MachineFacts, phase: MachineView['phase'], hasHost: boolean): MachineView['trouble'] {
  if (phase === 'unready') {
    const why =
      target !== null && target.state !== 'healthy'
        ? `target health ${target.state} ${target.reason}`.trim()
        : `health ${instance.HealthStatus}`;
    return { kind: 'unready', detail: `${instance.InstanceId}: ${why}` };
  }
  if (instance.LifecycleState === 'InService' && !hasHost) {
    return {
      kind: 'unstartable',
      detail: `${instance.InstanceId} has no ${address} address${address === 'public' ? ': use address: private, or give it one' : ''}`,
    };
  }
  return null;
}
