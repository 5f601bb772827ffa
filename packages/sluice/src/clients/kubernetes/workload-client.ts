/**
 * What is asked of an API server about one workload: where its objects are, how many pods it is to have, and which of them goes first. Paths are
 * those of the API reference; EndpointSlices are read in v1, or v1beta1 where the server has no other.
 */
import type { KubernetesRunPlan } from '../../config/fleet-plan.ts';
import type { ApiServer } from './api-server.ts';
import { KubernetesFault } from './kubernetes-fault.ts';
import type { ObjectList, Pod, PodMetrics, Scale } from './resources.ts';

export type WorkloadName = Pick<KubernetesRunPlan, 'kind' | 'namespace' | 'name' | 'serviceName'>;

/** What a server can do. */
export interface ServerAbilities {
  /** Version of discovery.k8s.io to read. */
  readonly slices: 'v1' | 'v1beta1';
  /** Honours `pod-deletion-cost`: beta, and on, since 1.22. */
  readonly hasDeletionCost: boolean;
}

/** Source: kubernetes.io/docs/reference/labels-annotations-taints, "pod-deletion-cost". The lowest int32 goes first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const FIRST_TO_GO = '-2147483648';
const CONFLICTS_MAX = 3;

export class WorkloadClient {
  readonly #api: Pick<ApiServer, 'request'>;
  readonly #name: WorkloadName;
  /** The annotation's value that somebody else had set, by pod. */
  readonly #costs = new Map<string, string | null>();

  constructor(api: Pick<ApiServer, 'request'>, name: WorkloadName) {
    this.#api = api;
    this.#name = name;
  }

  get podsPath(): string {
    return `/api/v1/namespaces/${encodeURIComponent(this.#name.namespace)}/pods`;
  }

  get workloadsPath(): string {
    const plural = this.#name.kind === 'Deployment' ? 'deployments' : 'statefulsets';
    return `/apis/apps/v1/namespaces/${encodeURIComponent(this.#name.namespace)}/${plural}`;
  }

  slicesPath({ slices }: ServerAbilities): string {
    return `/apis/discovery.k8s.io/${slices}/namespaces/${encodeURIComponent(this.#name.namespace)}/endpointslices`;
  }

  async abilities(): Promise<ServerAbilities> {
    const { major, minor } = (await this.#api.request({ method: 'GET', path: '/version' })) as { major: string; minor: string };
    const group = (await this.#api.request({ method: 'GET', path: '/apis/discovery.k8s.io' })) as { versions: { version: string }[] };
    const hasV1 = group.versions.some(({ version }) => version === 'v1');
    // Some providers write `21+`.
    const isNew = Number.parseInt(major, 10) > 1 || Number.parseInt(minor, 10) >= 22;
    return { slices: hasV1 ? 'v1' : 'v1beta1', hasDeletionCost: isNew };
  }

  /** Makes `to` replicas out of `from`. @returns Whether it has `to` now; false: it had neither. */
  async scale(from: number, to: number): Promise<boolean> {
    const path = `${this.workloadsPath}/${encodeURIComponent(this.#name.name)}/scale`;
    for (let tries = 1; ; tries++) {
      const scale = (await this.#api.request({ method: 'GET', path })) as Scale;
      const replicas = scale.spec.replicas ?? 0;
      if (replicas === to) return true;
      if (replicas !== from) return false;
      try {
        // With the resourceVersion that was read: whoever wrote in between makes it a conflict.
        await this.#api.request({ method: 'PUT', path, body: { ...scale, spec: { ...scale.spec, replicas: to } } });
        return true;
      } catch (error) {
        if (!(error instanceof KubernetesFault) || error.kind !== 'conflict' || tries === CONFLICTS_MAX) throw error;
      }
    }
  }

  /** Makes a pod the first to go. One that is gone already is passed over. */
  async markFirst(name: string): Promise<void> {
    const before = await this.#passOver(this.#api.request({ method: 'GET', path: this.#pod(name) }));
    if (before === null) return;
    const cost = (before as Pod).metadata.annotations?.[DELETION_COST] ?? null;
    if (cost === FIRST_TO_GO) return;
    this.#costs.set(name, cost);
    await this.#annotate(name, FIRST_TO_GO);
  }

  /** Takes the mark back, whoever set it: an earlier life of Sluice, too. */
  async unmark(name: string): Promise<void> {
    await this.#annotate(name, this.#costs.get(name) ?? null);
    this.#costs.delete(name);
  }

  isMarked({ metadata }: Pod): boolean {
    return metadata.annotations?.[DELETION_COST] === FIRST_TO_GO;
  }

  /** For servers that do not know the annotation. One that is gone already is passed over. */
  async endPod(name: string): Promise<void> {
    await this.#passOver(this.#api.request({ method: 'DELETE', path: this.#pod(name) }));
  }

  /** Pods' usage by name; null: the server has no metrics.k8s.io. */
  async metrics(selector: string): Promise<ReadonlyMap<string, PodMetrics> | null> {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${encodeURIComponent(this.#name.namespace)}/pods?labelSelector=${encodeURIComponent(selector)}`;
    const list = (await this.#passOver(this.#api.request({ method: 'GET', path }))) as ObjectList<PodMetrics> | null;
    return list === null ? null : new Map(list.items.map((item) => [item.metadata.name, item]));
  }

  async #annotate(name: string, cost: string | null): Promise<void> {
    const body = { metadata: { annotations: { [DELETION_COST]: cost } } };
    await this.#passOver(this.#api.request({ method: 'PATCH', path: this.#pod(name), body }));
  }

  #pod(name: string): string {
    return `${this.podsPath}/${encodeURIComponent(name)}`;
  }

  async #passOver(answer: Promise<unknown>): Promise<unknown> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof KubernetesFault && error.kind === 'missing') return null;
      throw error;
    }
  }
}
