/**
 * The parts of Kubernetes objects that are read here, as the API reference has them (v1.36; `discovery.k8s.io/v1beta1` of servers before 1.21 where it
 * differs). Everything that a server may leave out is optional: Go omits what is zero or empty.
 */

export interface ObjectMeta {
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string | null;
  readonly deletionTimestamp?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubernetesObject {
  readonly metadata: ObjectMeta;
}

export interface ObjectList<Kind> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly Kind[];
}

export type WatchEvent<Kind> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: Kind }
  | { readonly type: 'ERROR'; readonly object: { readonly code?: number; readonly message?: string } };

/** apps/v1 Deployment or StatefulSet. */
export interface Workload extends KubernetesObject {
  readonly spec: { readonly replicas?: number; readonly selector: LabelSelector };
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** autoscaling/v1; `replicas` is left out where it is 0. */
export interface Scale extends KubernetesObject {
  readonly spec: { readonly replicas?: number };
}

export interface Pod extends KubernetesObject {
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}

export interface EndpointSlice extends KubernetesObject {
  readonly addressType: string;
  /** Go's null for an empty list. */
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly SlicePort[] | null;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  /** Unset means true for `ready`; `serving` and `terminating` came with 1.20, on by default since 1.22. */
  readonly conditions?: { readonly ready?: boolean | null; readonly serving?: boolean | null; readonly terminating?: boolean | null };
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

export interface SlicePort {
  readonly name?: string | null;
  readonly port?: number | null;
  readonly protocol?: string | null;
}

/** metrics.k8s.io/v1beta1. */
export interface PodMetrics extends KubernetesObject {
  readonly containers: readonly { readonly usage: { readonly cpu?: string; readonly memory?: string } }[];
}

export function objectName({ metadata }: KubernetesObject): string {
  return metadata.name;
}

/** A selector as the query parameter `labelSelector` has it. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  return [...labels, ...expressions].join(',');
}
