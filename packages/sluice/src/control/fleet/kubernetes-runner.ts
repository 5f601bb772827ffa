/**
 * Pods of a Deployment or StatefulSet as instances: scaled through the `scale` subresource, ready when the Service's EndpointSlices say so. Who goes
 * first is said by the annotation `pod-deletion-cost` just before a Deployment is made smaller (servers before 1.22 do not know it: there the pod is
 * deleted); of a StatefulSet the highest ordinals go, whoever was chosen.
 */
import type { KubernetesRunPlan, RunPlan } from '../../config/fleet-plan.ts';
import { ApiServer } from '../../clients/kubernetes/api-server.ts';
import { loadClusterAccess } from '../../clients/kubernetes/cluster-access.ts';
import { KubernetesFault } from '../../clients/kubernetes/kubernetes-fault.ts';
import type { Pod } from '../../clients/kubernetes/resources.ts';
import { WorkloadClient, type ServerAbilities } from '../../clients/kubernetes/workload-client.ts';
import { WorkloadWatch } from '../../clients/kubernetes/workload-watch.ts';
import type { WorkloadView } from '../../clients/kubernetes/workload-view.ts';
import type { Runtime } from '../../base/runtime.ts';
import { GroupRunner } from './group-runner.ts';
import type { GroupFault, GroupWatcher, GroupWrite, InstanceGroup, StayingMember } from './group.ts';
import type { Runner, RunnerWorld } from './runner.ts';

/** The runner of a service whose plan says `runner: 'kubernetes'`. */
export function kubernetesRunner(world: RunnerWorld): Runner {
  return new GroupRunner(new KubernetesGroup(kubernetesPlan(world.service.run), world.runtime), world);
}

function kubernetesPlan(run: RunPlan): KubernetesRunPlan {
  if (run.runner !== 'kubernetes') throw new Error(`the kubernetes runner was given a plan for ${run.runner}`);
  return run;
}

class KubernetesGroup implements InstanceGroup {
  readonly kind = 'kubernetes';
  readonly title: string;
  readonly #plan: KubernetesRunPlan;
  readonly #runtime: Runtime;
  #api: ApiServer | null = null;
  #client: WorkloadClient | null = null;
  #watch: WorkloadWatch | null = null;
  #abilities: ServerAbilities | null = null;
  /** Pods whose mark is ours to set or to take back. */
  readonly #marked = new Set<string>();
  #isClosed = false;

  constructor(plan: KubernetesRunPlan, runtime: Runtime) {
    this.title = `${plan.kind} ${plan.namespace}/${plan.name}`;
    this.#plan = plan;
    this.#runtime = runtime;
  }

  watch(watcher: GroupWatcher): void {
    this.#start(watcher).catch((error: unknown) => watcher.failed(this.fault(error)));
  }

  victims(
    chosen: readonly string[],
    members: readonly StayingMember[],
  ): { readonly names: readonly string[]; readonly reason: string | null } {
    if (this.#plan.kind === 'Deployment') return { names: chosen, reason: null };
    const byOrdinal = members.toSorted((one, other) => ordinal(other.name) - ordinal(one.name));
    const held = byOrdinal.findIndex(({ isProtected }) => isProtected);
    const names = byOrdinal.slice(0, held === -1 ? chosen.length : Math.min(held, chosen.length)).map(({ name }) => name);
    if (names.length < chosen.length) {
      return {
        names,
        reason: `a StatefulSet ends its highest ordinal first, and ${byOrdinal[held]?.name} is protected: ${names.length} of ${chosen.length} go`,
      };
    }
    const isOther = names.some((name) => !chosen.includes(name));
    return {
      names,
      reason: isOther ? `a StatefulSet ends its highest ordinals first: ${names.join(', ')} instead of ${chosen.join(', ')}` : null,
    };
  }

  async resize(from: number, to: number): Promise<GroupWrite> {
    return (await this.#ready().client.scale(from, to)) ? 'done' : 'changed';
  }

  async end(names: readonly string[], from: number): Promise<GroupWrite> {
    const { client, abilities } = this.#ready();
    if (this.#plan.kind === 'Deployment') {
      for (const name of names) {
        this.#marked.add(name);
        await (abilities.hasDeletionCost ? client.markFirst(name) : client.endPod(name));
      }
    }
    return this.resize(from, from - names.length);
  }

  async restore(name: string): Promise<void> {
    const { client, abilities } = this.#ready();
    if (this.#plan.kind !== 'Deployment' || !abilities.hasDeletionCost) return;
    await client.unmark(name);
    this.#marked.delete(name);
  }

  fault(error: unknown): GroupFault {
    const message = (error as Error).message;
    if (!(error instanceof KubernetesFault)) return { kind: 'refused', message };
    if (error.kind === 'setup') return { kind: 'setup', message };
    if (error.kind === 'refused' || error.kind === 'missing') return { kind: 'refused', message: withRemedy(error) };
    return { kind: 'away', message };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watch?.[Symbol.dispose]();
    this.#api?.[Symbol.dispose]();
  }

  async #start(watcher: GroupWatcher): Promise<void> {
    const { kubeconfig, context, port } = this.#plan;
    const access = await loadClusterAccess(kubeconfig, context);
    if (this.#isClosed) return;
    this.#api = new ApiServer(access);
    this.#client = new WorkloadClient(this.#api, this.#plan);
    this.#watch = new WorkloadWatch({
      api: this.#api,
      client: this.#client,
      runtime: this.#runtime,
      name: this.#plan,
      port,
      seen: (view, pods) => this.#seen(watcher, view, pods),
      failed: (fault) => watcher.failed(this.fault(fault)),
    });
    await this.#watch.start((abilities) => (this.#abilities = abilities));
  }

  #seen(watcher: GroupWatcher, { replicas, pods: views }: WorkloadView, pods: Iterable<Pod>): void {
    this.#unmarkStrays(pods);
    const prefix = `${this.#plan.name}-`;
    const members = views.map((view) => ({
      ...view,
      shortName: view.name.startsWith(prefix) ? view.name.slice(prefix.length) : view.name,
    }));
    watcher.seen({ desired: replicas, min: 0, max: Infinity, members });
  }

  /** Marks that an earlier life of Sluice set on pods that stayed would send them first, some day, for no reason. */
  #unmarkStrays(pods: Iterable<Pod>): void {
    for (const pod of pods) {
      const { name, deletionTimestamp } = pod.metadata;
      if ((deletionTimestamp ?? null) !== null || this.#marked.has(name) || !this.#client!.isMarked(pod)) continue;
      this.#marked.add(name);
      this.#client!.unmark(name).then(
        () => this.#marked.delete(name),
        // The next look tries again.
        () => this.#marked.delete(name),
      );
    }
  }

  #ready(): { readonly client: WorkloadClient; readonly abilities: ServerAbilities } {
    if (this.#client === null || this.#abilities === null) throw new KubernetesFault('away', 'the API server was not reached yet');
    return { client: this.#client, abilities: this.#abilities };
  }
}

function ordinal(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? -1);
}

function withRemedy({ kind, message }: KubernetesFault): string {
  return kind === 'refused' && message.includes('403')
    ? `${message}; the Role in docs/guide/runners-kubernetes.md lists what is needed`
    : message;
}
