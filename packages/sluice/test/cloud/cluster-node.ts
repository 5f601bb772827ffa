/**
 * The one node of a cluster, with everything real: scheduler, containerd as the runtime, kubelet, and pods on a CNI bridge of the network namespace. Ready in
 * half a minute. It belongs into namespaces of its own (`run.ts` makes them): pods end with them, and so do their mounts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/waiting.ts';
import { CLUSTER_PROGRAMS } from './build-cluster.ts';
import type { Cluster } from './cluster.ts';
import { makeImages, PAUSE_IMAGE } from './node-image.ts';

/** Address of the node, which `run.ts` gives to a bridge. */
export const NODE_ADDRESS = '10.99.0.1';
/** Where containerd has the pods' cgroups. */
export const NODE_CGROUP = 'k8s.io';
const NAME = 'node1';
const START_MS = 90_000;
const RUNTIME_MS = 20_000;

export class ClusterNode {
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async start(cluster: Cluster): Promise<ClusterNode> {
    const node = new ClusterNode(cluster);
    node.#configure();
    const scheduler = ['--kubeconfig', cluster.adminKubeconfig, '--leader-elect=false', '--bind-address', '127.0.0.1'];
    cluster.run('kube-scheduler', join(CLUSTER_PROGRAMS, 'kube-scheduler'), scheduler);
    cluster.run('containerd', 'containerd', ['-c', 'containerd.toml']);
    const images = makeImages(cluster.folder);
    await eventually(RUNTIME_MS, `containerd answers; ${cluster.log('containerd')}`, () => node.#ctr(['version']).status === 0);
    const { status, stderr } = node.#ctr(['image', 'import', images]);
    if (status !== 0) throw new Error(`the images cannot be imported: ${stderr}`);
    node.#startKubelet();
    const isReady = (): boolean => / Ready /.test(cluster.kubectl(['get', 'nodes', '--no-headers']));
    await eventually(START_MS, `the node is ready; ${cluster.log('kubelet')}`, isReady).catch((error: Error) => {
      throw new Error(`${error.message}; ${cluster.log('kubelet')}`);
    });
    return node;
  }

  /** kill -9 of what a pod's container runs; the kubelet starts it again. */
  killContainer(namespace: string, pod: string): void {
    const path = 'jsonpath={.status.containerStatuses[0].containerID}';
    const id = this.#cluster.kubectl(['-n', namespace, 'get', 'pod', pod, '-o', path]).replace('containerd://', '');
    const { status, stderr } = this.#ctr(['task', 'kill', '-s', 'SIGKILL', id]);
    if (status !== 0) throw new Error(`container ${id} of ${pod} cannot be killed: ${stderr}`);
  }

  #configure(): void {
    const { folder } = this.#cluster;
    for (const name of ['cni', 'kubelet', 'plugins']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'containerd.toml'), containerdConfig(folder));
    writeFileSync(join(folder, 'cni', '10-bridge.conflist'), JSON.stringify(bridge(folder)));
    writeFileSync(join(folder, 'kubelet.json'), JSON.stringify({ ...KUBELET, volumePluginDir: join(folder, 'plugins') }));
  }

  #startKubelet(): void {
    const { folder, adminKubeconfig } = this.#cluster;
    const runtime = ['--container-runtime', 'remote', '--container-runtime-endpoint', `unix://${this.#socket}`, '--network-plugin', 'cni'];
    const places = ['--config', 'kubelet.json', '--root-dir', join(folder, 'kubelet'), '--cert-dir', join(folder, 'kubelet', 'pki')];
    const node = ['--kubeconfig', adminKubeconfig, '--hostname-override', NAME, '--node-ip', NODE_ADDRESS];
    this.#cluster.run('kubelet', join(CLUSTER_PROGRAMS, 'kubelet'), [...places, ...node, ...runtime]);
  }

  get #socket(): string {
    return join(this.#cluster.folder, 'containerd.sock');
  }

  #ctr(args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
    return spawnSync('ctr', ['--address', this.#socket, '--namespace', 'k8s.io', ...args], { encoding: 'utf8', timeout: RUNTIME_MS });
  }
}

/** No score may be lowered and no profile loaded where the test may not do so. */
function containerdConfig(folder: string): string {
  return `version = 2
root = "${folder}/containerd"
state = "/run/containerd"
oom_score = 0
[grpc]
address = "${folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${PAUSE_IMAGE}"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${folder}/cni"
`;
}

function bridge(folder: string): object {
  const ipam = { type: 'host-local', ranges: [[{ subnet: '10.244.0.0/24' }]], dataDir: join(folder, 'cni', 'addresses') };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [{ type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, ipam }] };
}

/** The groups of the machine are used as they are: no share of it is promised to pods, and none is evicted. */
const KUBELET = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  cgroupDriver: 'cgroupfs',
  cgroupsPerQOS: false,
  enforceNodeAllocatable: [],
  failSwapOn: false,
  oomScoreAdj: 0,
  address: '127.0.0.1',
  resolvConf: '',
  evictionHard: { 'nodefs.available': '1%', 'imagefs.available': '1%', 'memory.available': '50Mi' },
  makeIPTablesUtilChains: false,
};
