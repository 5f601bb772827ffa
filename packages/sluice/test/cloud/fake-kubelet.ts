/**
 * Places pods on a node that does not exist, and plays them: an HTTP origin on an address of the namespace's loopback per pod, ready at once, gone soon after
 * its deletion. The rest (ReplicaSets, EndpointSlices, scale) is done by the real controllers.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as http from 'node:http';
import type { Cluster } from './cluster.ts';

interface PodObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
}

export const POD_PORT = 8080;
const NODE = 'node1';
const LOOK_MS = 30;
const END_MS = 100;

export class FakeKubelet implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #origins = new Map<string, http.Server>();
  readonly #ending = new Set<string>();
  #addresses = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async start(cluster: Cluster): Promise<FakeKubelet> {
    const kubelet = new FakeKubelet(cluster);
    // EndpointSlices are filled only for pods whose node exists.
    await cluster.request('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
    kubelet.#schedule();
    return kubelet;
  }

  /** Pods that exist and do not end. */
  async running(namespace: string): Promise<readonly string[]> {
    const pods = await this.#pods();
    return pods
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await Promise.all([...this.#origins.keys()].map((key) => this.#closeOrigin(key)));
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      // The API server may be away; the next look tries again.
      this.#look()
        .catch(() => {})
        .finally(() => this.#schedule());
    }, LOOK_MS);
  }

  async #look(): Promise<void> {
    const pods = await this.#pods();
    for (const pod of pods) {
      if (pod.metadata.deletionTimestamp !== undefined) this.#endSoon(pod);
      else if (pod.spec.nodeName === undefined) await this.#run(pod);
    }
  }

  async #pods(): Promise<readonly PodObject[]> {
    const { status, body } = await this.#cluster.request('GET', '/api/v1/pods');
    if (status !== 200) throw new Error(`pods cannot be listed: ${status}`);
    return (JSON.parse(body) as { items: PodObject[] }).items;
  }

  async #run({ metadata: { name, namespace } }: PodObject): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const target = { apiVersion: 'v1', kind: 'Node', name: NODE };
    const { status } = await this.#cluster.request('POST', `${path}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target,
    });
    if (status !== 201) return;
    const address = `10.99.1.${++this.#addresses}`;
    spawnSync('ip', ['addr', 'add', `${address}/32`, 'dev', 'lo']);
    const origin = http.createServer((_request, reply) => void reply.end(name));
    origin.listen(POD_PORT, address);
    await once(origin, 'listening');
    this.#origins.set(`${namespace}/${name}`, origin);
    const now = new Date().toISOString();
    const condition = (type: string): object => ({ type, status: 'True', lastTransitionTime: now });
    const container = {
      name: 'users',
      image: 'users:1',
      imageID: '',
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
    };
    const state = { phase: 'Running', podIP: address, podIPs: [{ ip: address }], startTime: now, containerStatuses: [container] };
    const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition);
    await this.#cluster.request('PATCH', `${path}/status`, { status: { ...state, conditions } }, 'application/strategic-merge-patch+json');
  }

  #endSoon({ metadata: { name, namespace } }: PodObject): void {
    const key = `${namespace}/${name}`;
    if (this.#ending.has(key)) return;
    this.#ending.add(key);
    setTimeout(() => void this.#end(key, `/api/v1/namespaces/${namespace}/pods/${name}`), END_MS);
  }

  async #end(key: string, path: string): Promise<void> {
    await this.#closeOrigin(key);
    await this.#cluster.request('DELETE', `${path}?gracePeriodSeconds=0`).catch(() => {});
    this.#ending.delete(key);
  }

  async #closeOrigin(key: string): Promise<void> {
    const origin = this.#origins.get(key);
    this.#origins.delete(key);
    if (origin === undefined) return;
    origin.closeAllConnections();
    origin.close();
    await once(origin, 'close');
  }
}
