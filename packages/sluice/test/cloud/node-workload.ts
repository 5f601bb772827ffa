/** A Deployment or StatefulSet named `users` with real pods and a Service, in a namespace of its own, and every pod of it that there ever was. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { KubernetesRunPlan } from '../../src/config/fleet-plan.ts';
import { CLUSTER_PROGRAMS } from './build-cluster.ts';
import type { Cluster } from './cluster.ts';
import { USERS_IMAGE } from './node-image.ts';

export type WorkloadKind = KubernetesRunPlan['kind'];

let serial = 0;

export class NodeWorkload implements Disposable {
  readonly namespace = `real-${++serial}`;
  readonly kind: WorkloadKind;
  /** Names, as the watch has shown them. */
  readonly seen = new Set<string>();
  readonly #cluster: Cluster;
  #watch: ChildProcess | null = null;
  #isOver = false;

  constructor(cluster: Cluster, kind: WorkloadKind) {
    this.#cluster = cluster;
    this.kind = kind;
    cluster.addNamespace(this.namespace);
    this.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(kind) }));
    this.#watchPods();
  }

  /** For a configuration file. */
  get run(): object {
    const workload = { [this.kind === 'Deployment' ? 'deployment' : 'statefulSet']: `${this.namespace}/users` };
    return { kubernetes: { ...workload, service: 'users', port: 'http', kubeconfig: this.#cluster.kubeconfig }, drain: '10s' };
  }

  /** As administrator. */
  kubectl(args: readonly string[], input = ''): string {
    return this.#cluster.kubectl(['-n', this.namespace, ...args], input);
  }

  /** Names of those that exist and do not end. */
  async pods(): Promise<readonly string[]> {
    const { status, body } = await this.#cluster.request('GET', `/api/v1/namespaces/${this.namespace}/pods`);
    if (status !== 200) throw new Error(`pods cannot be listed: ${status}`);
    const { items } = JSON.parse(body) as { items: { metadata: { name: string; deletionTimestamp?: string } }[] };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#watch?.kill('SIGKILL');
    this.kubectl(['delete', this.kind.toLowerCase(), 'users', '--wait=false']);
  }

  #watchPods(): void {
    const program = join(CLUSTER_PROGRAMS, 'kubectl');
    const args = ['--kubeconfig', this.#cluster.adminKubeconfig, '-n', this.namespace, 'get', 'pods', '-w', '-o', 'name'];
    this.#watch = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    createInterface(this.#watch.stdout!).on('line', (line) => this.seen.add(line.replace('pod/', '')));
    // It ends with the API server.
    this.#watch.once('exit', () => setTimeout(() => this.#isOver || this.#watchPods(), 200).unref());
  }
}

function objects(kind: WorkloadKind): readonly object[] {
  const labels = { app: 'users' };
  // Two cores that others use as well: a probe that is late is no pod that is ill.
  const probe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 3 };
  const container = {
    name: 'users',
    image: USERS_IMAGE,
    imagePullPolicy: 'Never',
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: probe,
  };
  const pod = { terminationGracePeriodSeconds: 5, containers: [container] };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
  const set = kind === 'StatefulSet' ? { serviceName: 'users' } : {};
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  return [
    { apiVersion: 'apps/v1', kind, metadata: { name: 'users', labels }, spec: { ...spec, ...set } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'users', labels }, spec: { selector: labels, ports } },
  ];
}
