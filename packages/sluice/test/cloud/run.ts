/**
 * Builds the cluster's programs where they are missing, then runs the nightly tests in namespaces of their own: network, so that no port can collide; processes and
 * mounts, so that nothing outlives them. `run.ts control-plane` or `run.ts node` runs one of the two. Root only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasProgram } from '../../../../scripts/system-packages.ts';
import { removeGroups } from '../support/container-network.ts';
import { buildCluster } from './build-cluster.ts';
import { NODE_ADDRESS, NODE_CGROUP } from './cluster-node.ts';

/** Debian packages beside those of every test. */
const NEEDED = {
  etcd: 'etcd-server',
  go: 'golang-go',
  rsync: 'rsync',
  make: 'make',
  jq: 'jq',
  containerd: 'containerd',
  runc: 'runc',
  conntrack: 'conntrack',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  '/bin/busybox': 'busybox-static',
};

interface Suite {
  readonly file: string;
  /** Ended then, whatever it does. */
  readonly wholeMs: number;
}

const SUITES: Readonly<Record<string, Suite>> = {
  'control-plane': { file: 'kubernetes.nightly.ts', wholeMs: 900_000 },
  node: { file: 'kubernetes-node.nightly.ts', wholeMs: 360_000 },
};

/** The node has an address that is not the loopback's, and a route for its programs to find it by. */
const NETWORK = `ip link set lo up && ip link add host0 type bridge && ip addr add ${NODE_ADDRESS}/24 dev host0 && ip link set host0 up && ip route add default dev host0`;
/** What container runtimes write at fixed places stays in here. `/sys` stays as it is: they need the cgroups in it. */
const PLACES = 'mkdir -p /var/lib/cni && for place in /run /var/log /var/lib/cni; do mount -t tmpfs tmpfs "$place" || exit 1; done';
/** The shell stays: as the first process it reaps what daemons leave when they are killed. */
const SHELL = `${NETWORK} && ${PLACES} && "$@"; exit $?`;
const SPACES = ['--net', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'];

const missing = Object.entries(NEEDED).filter(([program]) => !hasProgram(program));
if (process.getuid?.() !== 0 || missing.length > 0) {
  console.error(`needs root, and on Debian: apt-get install ${missing.map(([, name]) => name).join(' ')}`);
  process.exit(1);
}
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => SUITES[name] === undefined);
if (unknown !== undefined) {
  console.error(`there is no suite ${unknown}, but ${Object.keys(SUITES).join(', ')}`);
  process.exit(1);
}
buildCluster();
for (const name of wanted.length === 0 ? Object.keys(SUITES) : wanted) {
  const code = await runSuite(SUITES[name]!);
  if (code !== 0) process.exitCode = code;
}

async function runSuite({ file, wholeMs }: Suite): Promise<number> {
  const tests = fileURLToPath(new URL(file, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nightly-'));
  const command = [process.execPath, '--test', '--test-timeout=180000', tests];
  const child = spawn('unshare', [...SPACES, 'sh', '-c', SHELL, 'sh', ...command], {
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: folder, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  const late = setTimeout(() => {
    console.error(`${file} was ended after ${wholeMs / 1_000} s`);
    child.kill('SIGKILL');
  }, wholeMs);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(late);
  rmSync(folder, { recursive: true, force: true });
  removeGroups(NODE_CGROUP);
  return code ?? 1;
}
