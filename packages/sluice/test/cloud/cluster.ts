/**
 * A real Kubernetes control plane of the test's own: etcd, API server and controller manager, on the loopback of a network namespace, with RBAC on.
 * Ready in about 4 s. Pods are placed and run by `fake-kubelet.ts`, which plays them, or by the real programs of `cluster-node.ts`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guideManifests } from '../support/guide-manifest.ts';
import { eventually } from '../support/waiting.ts';
import { CLUSTER_PROGRAMS } from './build-cluster.ts';

const SERVER = 'https://127.0.0.1:6443';
/** Neither of the two is a secret: the server is in a namespace of its own. */
const ADMIN = 'admin-token-of-the-test';
const SLUICE = 'sluice-token-of-the-test';
const START_MS = 60_000;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Cluster implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-cluster-'));
  readonly #processes = new Map<string, ChildProcess>();

  /** @param hasNode Whether a node will be there that tells how it is; one that does not would be taken for lost. */
  static async start(hasNode = false): Promise<Cluster> {
    const cluster = new Cluster();
    await cluster.#prepare(hasNode);
    return cluster;
  }

  /** For programs of the cluster. */
  get adminKubeconfig(): string {
    return join(this.folder, 'admin.kubeconfig');
  }

  /** For Sluice: an account that has the Role of the guide, and nothing else. */
  get kubeconfig(): string {
    return join(this.folder, 'sluice.kubeconfig');
  }

  /** As administrator. */
  kubectl(args: readonly string[], input = ''): string {
    const program = join(CLUSTER_PROGRAMS, 'kubectl');
    const { status, stdout, stderr } = spawnSync(program, ['--kubeconfig', this.adminKubeconfig, ...args], {
      input,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Makes a namespace in which Sluice's account has the Role of the guide. */
  addNamespace(namespace: string): void {
    this.kubectl(['create', 'namespace', namespace]);
    const role = guideManifests('runners-kubernetes.md').join('---\n').replaceAll('namespace: shop', `namespace: ${namespace}`);
    this.kubectl(['apply', '-f', '-'], role);
    this.kubectl(['-n', namespace, 'create', 'rolebinding', 'sluice-of-the-test', '--role', 'sluice', '--user', 'sluice']);
  }

  /** As administrator. */
  request(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': type };
      const request = https.request(SERVER + path, { method, headers, rejectUnauthorized: false, timeout: 10_000 }, (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      });
      request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** kill -9 of the API server; what is stored stays. */
  async stopApiServer(): Promise<void> {
    const server = this.#processes.get('kube-apiserver')!;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  async startApiServer(): Promise<void> {
    this.run('kube-apiserver', join(CLUSTER_PROGRAMS, 'kube-apiserver'), [
      ...[
        '--etcd-servers',
        'http://127.0.0.1:2379',
        '--bind-address',
        '0.0.0.0',
        '--advertise-address',
        '10.99.0.1',
        '--secure-port',
        '6443',
      ],
      ...['--cert-dir', 'certs', '--service-cluster-ip-range', '10.0.0.0/24', '--service-account-issuer', 'https://cluster.test'],
      ...['--service-account-key-file', 'sa.pub', '--service-account-signing-key-file', 'sa.key', '--token-auth-file', 'tokens.csv'],
      ...['--authorization-mode', 'RBAC', '--disable-admission-plugins', 'ServiceAccount', '--watch-cache-sizes', 'pods#100'],
    ]);
    const isReady = async (): Promise<boolean> => (await this.request('GET', '/readyz').catch(() => null))?.body === 'ok';
    await eventually(START_MS, `the API server is ready; ${this.log('kube-apiserver')}`, isReady);
  }

  /** The end of what a program said. */
  log(name: string): string {
    return readFileSync(join(this.folder, `${name}.log`), 'utf8').slice(-1_000);
  }

  /** Its folder stays, since pods may still be mounted there: `run.ts` removes it with theirs. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#processes.values()].toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }

  async #prepare(hasNode: boolean): Promise<void> {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#write('sa.key', keys.privateKey.export({ type: 'pkcs1', format: 'pem' }));
    this.#write('sa.pub', keys.publicKey.export({ type: 'spki', format: 'pem' }));
    this.#write('tokens.csv', `${ADMIN},admin,1,"system:masters"\n${SLUICE},sluice,2\n`);
    this.#write('admin.kubeconfig', kubeconfig(ADMIN));
    this.#write('sluice.kubeconfig', kubeconfig(SLUICE));
    const listen = ['--listen-client-urls', 'http://127.0.0.1:2379', '--advertise-client-urls', 'http://127.0.0.1:2379'];
    this.run('etcd', 'etcd', ['--data-dir', 'etcd', ...listen, '--listen-peer-urls', 'http://127.0.0.1:2380', '--unsafe-no-fsync']);
    await this.startApiServer();
    const common = ['--kubeconfig', 'admin.kubeconfig', '--leader-elect=false', '--bind-address', '127.0.0.1'];
    const controllers = ['--service-account-private-key-file', 'sa.key', '--controllers', `*,-nodeipam${hasNode ? '' : ',-nodelifecycle'}`];
    this.run('kube-controller-manager', join(CLUSTER_PROGRAMS, 'kube-controller-manager'), [...common, ...controllers]);
  }

  /** Starts a program of the cluster; it ends with the cluster. */
  run(name: string, program: string, args: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const child = spawn(program, args, { cwd: this.folder, stdio: ['ignore', log, log] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#processes.set(name, child);
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text, { mode: 0o600 });
  }
}

function kubeconfig(token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: SERVER, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
