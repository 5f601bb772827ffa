/** What a pod's object says of its life (Kubernetes "Pod Lifecycle"). Pure. */
import type { InstanceTrouble } from '../../core/fleet/instance-view.ts';
import type { ContainerStatus, Pod } from './resources.ts';

export interface PodState {
  /** `over`: it has ended for good (evicted, say) and counts for nobody. */
  readonly phase: 'starting' | 'running' | 'waiting' | 'ending' | 'over';
  readonly isReady: boolean;
  readonly restarts: number;
  readonly trouble: { readonly kind: InstanceTrouble; readonly detail: string } | null;
}

/** Why a container cannot start whatever is tried, of those that the kubelet names in `waiting.reason`. */
const UNSTARTABLE = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

export function podState({ metadata, status = {} }: Pod): PodState {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const isReady = (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
  const restarts = containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  const trouble = isReady ? null : (troubleOf(containers) ?? unschedulable(status.conditions ?? []));
  return { phase: phaseOf({ metadata, status }, trouble?.kind), isReady, restarts, trouble };
}

function phaseOf(
  { metadata, status }: Required<Pick<Pod, 'metadata' | 'status'>>,
  trouble: InstanceTrouble | undefined,
): PodState['phase'] {
  if (status.phase === 'Failed' || status.phase === 'Succeeded') return 'over';
  if ((metadata.deletionTimestamp ?? null) !== null) return 'ending';
  if (trouble === 'crash-loop' || trouble === 'out-of-memory') return 'waiting';
  return status.phase === 'Running' ? 'running' : 'starting';
}

function troubleOf(containers: readonly ContainerStatus[]): PodState['trouble'] {
  for (const { name, state = {}, lastState = {}, restartCount = 0 } of containers) {
    const reason = state.waiting?.reason;
    const ended = state.terminated ?? lastState.terminated;
    if (ended?.reason === 'OOMKilled') {
      return {
        kind: 'out-of-memory',
        detail: `container ${name} was killed at its memory limit, ${restartCount} restarts: raise resources.limits.memory`,
      };
    }
    if (reason === 'CrashLoopBackOff') {
      const exit = ended?.exitCode === undefined ? '' : `, last exit code ${ended.exitCode}`;
      return { kind: 'crash-loop', detail: `container ${name}: ${restartCount} restarts${exit}; kubectl logs --previous shows why` };
    }
    if (reason !== undefined && UNSTARTABLE.has(reason)) {
      return {
        kind: 'unstartable',
        detail: `container ${name}: ${reason}${state.waiting?.message ? `: ${state.waiting.message.slice(0, 200)}` : ''}`,
      };
    }
    if (state.terminated !== undefined && state.terminated.exitCode !== 0) {
      return { kind: 'exited', detail: `container ${name}: exit code ${state.terminated.exitCode}` };
    }
  }
  return null;
}

function unschedulable(conditions: NonNullable<NonNullable<Pod['status']>['conditions']>): PodState['trouble'] {
  const found = conditions.find(({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable');
  return found === undefined
    ? null
    : { kind: 'unstartable', detail: `no node takes it: ${(found.message ?? 'unschedulable').slice(0, 200)}` };
}
