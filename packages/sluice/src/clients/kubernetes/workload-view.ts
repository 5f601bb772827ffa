/** A workload and its pods, put together from what was read: replicas wanted, and each pod with its place in the Service. Pure. */
import { timestamp, type Timestamp } from '../../base/time.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { InstanceTrouble } from '../../core/fleet/instance-view.ts';
import { parseQuantity } from './quantity.ts';
import { podState } from './pod-state.ts';
import type { EndpointSlice, Pod, PodMetrics, Workload } from './resources.ts';
import { sliceAddresses, type SliceAddress } from './slice-endpoints.ts';

export interface PodView {
  readonly name: string;
  readonly version: string;
  readonly startedAt: Timestamp;
  readonly phase: 'starting' | 'ready' | 'unready' | 'waiting' | 'draining' | 'stopping';
  readonly address: AddressPlan | null;
  readonly restarts: number;
  readonly trouble: { readonly kind: InstanceTrouble; readonly detail: string } | null;
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
}

export interface WorkloadView {
  readonly replicas: number;
  readonly pods: readonly PodView[];
}

export interface WorkloadObjects {
  readonly workload: Workload;
  readonly pods: Iterable<Pod>;
  readonly slices: Iterable<EndpointSlice>;
  readonly metrics: ReadonlyMap<string, PodMetrics>;
  readonly port: string | number | null;
}

export function workloadView({ workload, pods, slices, metrics, port }: WorkloadObjects): WorkloadView {
  const addresses = sliceAddresses(slices, port);
  const views: PodView[] = [];
  for (const pod of pods) {
    const view = podView(pod, addresses.get(pod.metadata.name) ?? null, metrics.get(pod.metadata.name));
    if (view !== null) views.push(view);
  }
  return {
    replicas: workload.spec.replicas ?? 1,
    pods: views.toSorted((one, other) => one.startedAt - other.startedAt || (one.name < other.name ? -1 : 1)),
  };
}

function podView(pod: Pod, slice: SliceAddress | null, metrics: PodMetrics | undefined): PodView | null {
  const { name, labels = {}, creationTimestamp } = pod.metadata;
  const state = podState(pod);
  if (state.phase === 'over') return null;
  const address = slice === null || slice.port === null ? null : ({ kind: 'tcp', host: slice.host, port: slice.port } as const);
  const portTrouble = slice !== null && slice.port === null ? ({ kind: 'unstartable', detail: slice.portNote } as const) : null;
  return {
    name,
    version: labels['pod-template-hash'] ?? labels['controller-revision-hash'] ?? '',
    startedAt: timestamp(Date.parse(creationTimestamp ?? '') || 0),
    phase: viewPhase(state.phase, slice, address !== null),
    address,
    restarts: state.restarts,
    trouble: state.trouble ?? portTrouble,
    cpu: usage(metrics, 'cpu'),
    memoryBytes: usage(metrics, 'memory'),
  };
}

/** The Service decides who is ready: a pod that is, and that no slice lists yet, cannot be reached by its clients either. */
function viewPhase(
  phase: 'starting' | 'running' | 'waiting' | 'ending',
  slice: SliceAddress | null,
  hasAddress: boolean,
): PodView['phase'] {
  if (phase === 'ending') return slice?.isServing === true ? 'draining' : 'stopping';
  if (slice?.isReady === true && hasAddress) return 'ready';
  return phase === 'running' ? 'unready' : phase;
}

function usage(metrics: PodMetrics | undefined, what: 'cpu' | 'memory'): number | null {
  if (metrics === undefined) return null;
  const parts = metrics.containers.map((container) => parseQuantity(container.usage[what] ?? ''));
  return parts.includes(null) ? null : (parts as number[]).reduce((sum, part) => sum + part, 0);
}
