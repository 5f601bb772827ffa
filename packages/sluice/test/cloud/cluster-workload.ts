/** A Deployment or StatefulSet named `users` in a namespace of its own of the real cluster, empty at first, and the contract's fixture over it. */
import type { FleetServicePlan, KubernetesRunPlan } from '../../src/config/fleet-plan.ts';
import { kubernetesRunner } from '../../src/control/fleet/kubernetes-runner.ts';
import type { RunnerFixture } from '../../src/control/fleet/runner.contract.ts';
import { groupService } from '../support/group-service.ts';
import { eventually } from '../support/waiting.ts';
import type { Cluster } from './cluster.ts';
import { POD_PORT, type FakeKubelet } from './fake-kubelet.ts';

export type WorkloadKind = KubernetesRunPlan['kind'];

let serial = 0;

export class ClusterWorkload implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly kubelet: FakeKubelet;
  readonly namespace = `case-${++serial}`;
  readonly service: FleetServicePlan;
  readonly kind: WorkloadKind;

  private constructor(cluster: Cluster, kubelet: FakeKubelet, kind: WorkloadKind) {
    this.cluster = cluster;
    this.kubelet = kubelet;
    this.kind = kind;
    this.service = groupService({
      runner: 'kubernetes',
      kind,
      namespace: this.namespace,
      name: 'users',
      serviceName: 'users',
      port: 'http',
      kubeconfig: cluster.kubeconfig,
      context: null,
    });
  }

  static async create(cluster: Cluster, kubelet: FakeKubelet, kind: WorkloadKind): Promise<ClusterWorkload> {
    const workload = new ClusterWorkload(cluster, kubelet, kind);
    const { namespace } = workload;
    cluster.addNamespace(namespace);
    cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], manifest(kind));
    return workload;
  }

  /** Its version, as the platform names it: known when it has been rolled out. */
  async version(): Promise<string> {
    let version = '';
    const [what, path] =
      this.kind === 'Deployment'
        ? ['replicasets', '{.items[*].metadata.labels.pod-template-hash}']
        : ['statefulsets', '{.items[*].status.updateRevision}'];
    await eventually(10_000, 'the workload has a version', () => {
      version = this.cluster.kubectl(['-n', this.namespace, 'get', what, '-o', `jsonpath=${path}`]);
      return version !== '';
    });
    return version;
  }

  scale(replicas: number): void {
    this.cluster.kubectl(['-n', this.namespace, 'scale', this.kind.toLowerCase(), 'users', `--replicas=${replicas}`]);
  }

  async fixture(): Promise<RunnerFixture> {
    const { cluster, namespace } = this;
    const isSet = this.kind === 'StatefulSet';
    return {
      service: this.service,
      versions: [{ name: await this.version(), run: this.service.run }],
      runner: (world) => kubernetesRunner(world),
      running: () => this.#settled(),
      kill: async (instance) => void cluster.kubectl(['-n', namespace, 'delete', 'pod', instance.handle!, '--wait=false']),
      engine: { away: () => cluster.stopApiServer(), back: () => cluster.startApiServer() },
      cannot: {
        versions: 'a workload has one version, and rolls out the next by itself',
        stop: 'pods are the platform’s: Sluice’s end leaves them',
        ...(isSet
          ? { 'remove-one': 'a StatefulSet ends its highest ordinal', replace: 'a StatefulSet replaces a pod under the same name' }
          : {}),
      },
      stepMs: 40_000,
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  /** Pods, once they are as many as replicas: servers before 1.22 have one too many for a moment, between a pod's deletion and the smaller number. */
  async #settled(): Promise<readonly string[]> {
    let pods: readonly string[] = [];
    await eventually(10_000, 'pods are as many as replicas', async () => {
      const replicas = this.cluster.kubectl([
        '-n',
        this.namespace,
        'get',
        this.kind.toLowerCase(),
        'users',
        '-o',
        'jsonpath={.spec.replicas}',
      ]);
      pods = await this.kubelet.running(this.namespace);
      return pods.length === Number(replicas);
    });
    return pods;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cluster.kubectl(['-n', this.namespace, 'delete', this.kind.toLowerCase(), 'users', '--wait=false']);
  }
}

function manifest(kind: WorkloadKind): string {
  const labels = { app: 'users' };
  const container = { name: 'users', image: 'users:1', ports: [{ name: 'http', containerPort: POD_PORT }] };
  const set = kind === 'StatefulSet' ? { serviceName: 'users', podManagementPolicy: 'Parallel' } : {};
  const spec = {
    replicas: 0,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
    ...set,
  };
  const ports = [
    { name: 'http', port: 80, targetPort: 'http' },
    { name: 'metrics', port: 9090, targetPort: 9090 },
  ];
  const objects = [
    { apiVersion: 'apps/v1', kind, metadata: { name: 'users', labels }, spec },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'users', labels }, spec: { selector: labels, ports } },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}
