/**
 * A workload `shop/users` on the server that shows recorded shapes, with what real controllers and a kubelet would do about it: pods that follow `replicas`,
 * an origin per pod, an EndpointSlice. A Deployment ends first who is not ready, then the lowest `pod-deletion-cost`, then the newest (ReplicaSet's rules);
 * a StatefulSet its highest ordinal.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import { freePort } from '../../src/io/ports.ts';
import { KubernetesServer } from './kubernetes-server.ts';
import { podShape, shape, sliceShape, type Shape } from './kubernetes-shapes.ts';

export interface WorkloadOptions {
  readonly kind: 'Deployment' | 'StatefulSet';
  /** Of the server. */
  readonly minor: '1.20' | '1.34';
  readonly replicas?: number;
}

interface SimulatedPod {
  readonly name: string;
  readonly address: string;
  readonly createdAt: Date;
  readonly serial: number;
  isReady: boolean;
  isEnding: boolean;
  annotations: Record<string, string>;
  /** What is shown in place of its running container. */
  container: Record<string, unknown>;
  readonly origin: http.Server;
}

export const HASH = '5559bb449d';
export const COST = 'controller.kubernetes.io/pod-deletion-cost';
const PODS = '/api/v1/namespaces/shop/pods';
const START_MS = 20;
const END_MS = 30;

export class KubernetesWorkload implements AsyncDisposable {
  readonly server: KubernetesServer;
  readonly kind: WorkloadOptions['kind'];
  /** Pods come, and are never ready. */
  isStuck = false;
  readonly #minor: WorkloadOptions['minor'];
  readonly #pods = new Map<string, SimulatedPod>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #port: number;
  #serial = 0;

  private constructor(server: KubernetesServer, port: number, options: WorkloadOptions) {
    this.server = server;
    this.#port = port;
    this.kind = options.kind;
    this.#minor = options.minor;
  }

  static async open(options: WorkloadOptions): Promise<KubernetesWorkload> {
    const server = await KubernetesServer.open();
    const workload = new KubernetesWorkload(server, await freePort('127.0.0.1'), options);
    server.constant('/version', shape(`version-${options.minor}`));
    server.constant('/apis/discovery.k8s.io', shape(`discovery-${workload.#sliceVersion}`));
    workload.#showSlice();
    const like = shape('deployment');
    const spec = { ...(like['spec'] as object), replicas: options.replicas ?? 0 };
    server.put(workload.collection, { ...like, kind: options.kind, spec });
    server.put(PODS, podShape({ name: 'other-0', labels: {}, createdAt: new Date(0), isReady: false, isEnding: true, annotations: {} }));
    server.remove(PODS, 'other-0');
    server.written = (collection, object, verb) => workload.#written(collection, object, verb);
    workload.#follow();
    return workload;
  }

  get collection(): string {
    return `/apis/apps/v1/namespaces/shop/${this.kind === 'Deployment' ? 'deployments' : 'statefulsets'}`;
  }

  get replicas(): number {
    return (this.server.all(this.collection)[0]!['spec'] as { replicas: number }).replicas;
  }

  /** As kubectl, or an autoscaler, does. */
  scale(replicas: number): void {
    const [workload] = this.server.all(this.collection);
    this.server.put(this.collection, { ...workload!, spec: { ...(workload!['spec'] as object), replicas } });
    this.#follow();
  }

  /** Pods that do not end. */
  running(): readonly string[] {
    return this.#living().map(({ name }) => name);
  }

  annotations(pod: string): Readonly<Record<string, string>> {
    return this.#pods.get(pod)!.annotations;
  }

  /** The platform replaces it. */
  kill(name: string): void {
    this.#end(this.#pods.get(name)!);
    this.#follow();
  }

  /** The pod is what it was, but for this. */
  change(name: string, facts: Partial<Pick<SimulatedPod, 'isReady' | 'container' | 'annotations'>>): void {
    const pod = Object.assign(this.#pods.get(name)!, facts);
    this.#show(pod);
    this.#showSlice();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#pods.values()].map(({ origin }) => close(origin)));
    await this.server[Symbol.asyncDispose]();
  }

  get #sliceVersion(): 'v1' | 'v1beta1' {
    return this.#minor === '1.20' ? 'v1beta1' : 'v1';
  }

  #living(): SimulatedPod[] {
    return [...this.#pods.values()].filter(({ isEnding }) => !isEnding);
  }

  #written(collection: string, object: Shape, verb: 'scale' | 'patch' | 'delete'): void {
    const pod = collection === PODS ? this.#pods.get(object.metadata.name) : undefined;
    if (verb === 'delete' && pod !== undefined) this.#end(pod);
    if (verb === 'patch' && pod !== undefined) pod.annotations = { ...object.metadata.annotations };
    this.#follow();
  }

  /** What the ReplicaSet or StatefulSet controller does. */
  #follow(): void {
    const living = this.#living();
    for (let missing = this.replicas - living.length; missing > 0; missing--) this.#start();
    const excess = living.length - this.replicas;
    if (excess > 0) for (const pod of living.toSorted((one, other) => this.#rank(one, other)).slice(0, excess)) this.#end(pod);
  }

  /** Who goes first stands first. */
  #rank(one: SimulatedPod, other: SimulatedPod): number {
    if (this.kind === 'StatefulSet') return other.serial - one.serial;
    const hasCost = this.#minor !== '1.20';
    const cost = (pod: SimulatedPod): number => (hasCost ? Number(pod.annotations[COST] ?? 0) : 0);
    return Number(one.isReady) - Number(other.isReady) || cost(one) - cost(other) || other.serial - one.serial;
  }

  #start(): void {
    const serial = this.#serial++;
    const ordinals = new Set(this.#living().map(({ name }) => name));
    let name = `users-${HASH}-${String.fromCodePoint(97 + (serial % 26))}${serial}`;
    if (this.kind === 'StatefulSet') for (let ordinal = 0; ordinals.has((name = `users-${ordinal}`)); ordinal++);
    const origin = http.createServer((_request, reply) => void reply.end(name));
    const address = `127.0.88.${(serial % 250) + 1}`;
    // A second apart: that is as finely as the API tells them.
    const createdAt = new Date(Date.UTC(2026, 0, 1) + serial * 1_000);
    const pod: SimulatedPod = { name, address, createdAt, serial, isReady: false, isEnding: false, annotations: {}, container: {}, origin };
    this.#pods.set(name, pod);
    this.#show(pod);
    this.#later(START_MS, async () => {
      origin.listen(this.#port, address);
      await once(origin, 'listening');
      if (pod.isEnding || this.isStuck) return;
      this.change(name, { isReady: true });
    });
  }

  #end(pod: SimulatedPod): void {
    pod.isEnding = true;
    this.#show(pod);
    this.#showSlice();
    this.#later(END_MS, async () => {
      await close(pod.origin);
      if (this.#pods.get(pod.name) !== pod) return;
      this.#pods.delete(pod.name);
      this.server.remove(PODS, pod.name);
      this.#showSlice();
    });
  }

  #show(pod: SimulatedPod): void {
    const labels =
      this.kind === 'Deployment' ? { app: 'users', 'pod-template-hash': HASH } : { app: 'users', 'controller-revision-hash': HASH };
    this.server.put(PODS, podShape({ ...pod, labels }));
  }

  #showSlice(): void {
    const endpoints = [...this.#pods.values()].map(({ name, address, isReady, isEnding }) => ({ pod: name, address, isReady, isEnding }));
    const collection = `/apis/discovery.k8s.io/${this.#sliceVersion}/namespaces/shop/endpointslices`;
    this.server.put(collection, sliceShape({ version: this.#sliceVersion, port: this.#port, endpoints }));
  }

  #later(delayMs: number, run: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void run();
    }, delayMs);
    this.#timers.add(timer);
  }
}

async function close(origin: http.Server): Promise<void> {
  if (!origin.listening) return;
  const closed = once(origin, 'close');
  origin.close();
  origin.closeAllConnections();
  await closed;
}
