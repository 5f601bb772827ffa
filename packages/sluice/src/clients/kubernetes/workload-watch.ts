/**
 * Follows a workload: the object itself (how many), its pods (by its selector) and the EndpointSlices of its Service (who is ready, where), each as
 * list and watch. Whoever follows is told a `WorkloadView` when all three are known and none of them fails. Usage is asked for every 15 s where the
 * server has metrics.k8s.io.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { exponentialMs } from '../../base/exponential.ts';
import type { ApiServer } from './api-server.ts';
import { KubernetesFault } from './kubernetes-fault.ts';
import { ListWatch } from './list-watch.ts';
import { selectorText, type EndpointSlice, type KubernetesObject, type Pod, type PodMetrics, type Workload } from './resources.ts';
import type { ServerAbilities, WorkloadClient, WorkloadName } from './workload-client.ts';
import { workloadView, type WorkloadView } from './workload-view.ts';

export interface WorkloadWatcher {
  readonly seen: (view: WorkloadView, pods: Iterable<Pod>) => void;
  readonly failed: (fault: KubernetesFault) => void;
}

export interface WorkloadWatchOptions extends WorkloadWatcher {
  readonly api: Pick<ApiServer, 'request' | 'watch'>;
  readonly client: WorkloadClient;
  readonly runtime: Runtime;
  readonly name: WorkloadName;
  readonly port: string | number | null;
}

/** Events that come together are one look. */
const GATHER_MS = 10;
const METRICS_MS = 15_000;
/** A server without metrics.k8s.io is asked again that often. */
const NO_METRICS_MS = 300_000;
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 30_000;

/** One of the three, and whether it is as the server has it. */
interface Part<Kind extends KubernetesObject> {
  objects: ReadonlyMap<string, Kind> | null;
  isFailing: boolean;
}

export class WorkloadWatch implements Disposable {
  readonly #options: WorkloadWatchOptions;
  readonly #workload: Part<Workload> = { objects: null, isFailing: false };
  readonly #pods: Part<Pod> = { objects: null, isFailing: false };
  readonly #slices: Part<EndpointSlice> = { objects: null, isFailing: false };
  readonly #watches: Disposable[] = [];
  readonly #waits = new Map<string, Cancel>();
  #metrics: ReadonlyMap<string, PodMetrics> = new Map();
  #selector: string | null = null;
  #podWatch: Disposable | null = null;
  #failures = 0;
  #isClosed = false;

  constructor(options: WorkloadWatchOptions) {
    this.#options = options;
  }

  /** Begins, and goes on until disposed. @param known Called once, when it is known what the server can do. */
  async start(known: (abilities: ServerAbilities) => void): Promise<void> {
    const { client, name } = this.#options;
    try {
      const abilities = await client.abilities();
      if (this.#isClosed) return;
      known(abilities);
      this.#follow(this.#workload, client.workloadsPath, `fieldSelector=${encodeURIComponent(`metadata.name=${name.name}`)}`);
      this.#follow(
        this.#slices,
        client.slicesPath(abilities),
        `labelSelector=${encodeURIComponent(`kubernetes.io/service-name=${name.serviceName}`)}`,
      );
    } catch (error) {
      this.#failed(error);
      const delayMs = exponentialMs(++this.#failures, BACKOFF_BASE_MS, BACKOFF_MAX_MS) * (1 - 0.5 * this.#options.runtime.random());
      this.#after('start', delayMs, () => void this.start(known));
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const cancel of this.#waits.values()) cancel();
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#podWatch?.[Symbol.dispose]();
  }

  #follow<Kind extends KubernetesObject>(part: Part<Kind>, path: string, query: string): Disposable {
    const { api, runtime } = this.#options;
    const watch = new ListWatch<Kind>({
      api,
      runtime,
      path,
      query,
      changed: (objects) => {
        part.objects = objects;
        part.isFailing = false;
        this.#changed();
      },
      failed: (fault) => {
        part.isFailing = true;
        this.#failed(fault);
      },
    });
    this.#watches.push(watch);
    watch.start();
    return watch;
  }

  #changed(): void {
    this.#followPods();
    if (!this.#waits.has('look')) this.#after('look', GATHER_MS, () => this.#look());
  }

  /** The selector is the workload's: one that was deleted and made anew may have another. */
  #followPods(): void {
    const workload = this.#theWorkload();
    if (workload === undefined) return;
    const selector = selectorText(workload.spec.selector);
    if (selector === this.#selector) return;
    this.#podWatch?.[Symbol.dispose]();
    this.#selector = selector;
    this.#pods.objects = null;
    this.#podWatch = this.#follow(this.#pods, this.#options.client.podsPath, `labelSelector=${encodeURIComponent(selector)}`);
    this.#after('metrics', 0, () => void this.#askMetrics());
  }

  #theWorkload(): Workload | undefined {
    return this.#workload.objects?.get(this.#options.name.name);
  }

  #look(): void {
    const parts = [this.#workload, this.#pods, this.#slices];
    if (this.#workload.objects !== null && this.#theWorkload() === undefined) return this.#missing();
    if (parts.some(({ objects, isFailing }) => objects === null || isFailing)) return;
    const { port, seen } = this.#options;
    const pods = [...this.#pods.objects!.values()];
    const slices = this.#slices.objects!.values();
    seen(workloadView({ workload: this.#theWorkload()!, pods, slices, metrics: this.#metrics, port }), pods);
  }

  #missing(): void {
    const { kind, namespace, name } = this.#options.name;
    this.#options.failed(
      new KubernetesFault('missing', `there is no ${kind} ${name} in namespace ${namespace}: create it; Sluice scales, it does not create`),
    );
  }

  async #askMetrics(): Promise<void> {
    const found = await this.#options.client.metrics(this.#selector!).catch(() => null);
    if (this.#isClosed) return;
    const hadAny = this.#metrics.size > 0;
    this.#metrics = found ?? new Map();
    if (hadAny || this.#metrics.size > 0) this.#changed();
    this.#after('metrics', found === null ? NO_METRICS_MS : METRICS_MS, () => void this.#askMetrics());
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    this.#options.failed(error instanceof KubernetesFault ? error : new KubernetesFault('away', String(error), { cause: error }));
  }

  #after(what: string, delayMs: number, run: () => void): void {
    this.#waits.get(what)?.();
    const cancel = this.#options.runtime.timers.after(delayMs, () => {
      this.#waits.delete(what);
      run();
    });
    this.#waits.set(what, cancel);
  }
}
