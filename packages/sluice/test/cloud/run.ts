/** Builds the cluster's programs where they are missing, then runs the nightly tests in a network namespace of their own, so that no port can collide. Root only. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { hasProgram } from '../../../../scripts/system-packages.ts';
import { buildCluster } from './build-cluster.ts';

/** Debian packages beside those of every test. */
const NEEDED = { etcd: 'etcd-server', go: 'golang-go', rsync: 'rsync', make: 'make', jq: 'jq' };

const missing = Object.entries(NEEDED).filter(([program]) => !hasProgram(program));
if (process.getuid?.() !== 0 || missing.length > 0) {
  console.error(`needs root, and on Debian: apt-get install ${missing.map(([, name]) => name).join(' ')}`);
  process.exit(1);
}
buildCluster();
const tests = fileURLToPath(new URL('kubernetes.nightly.ts', import.meta.url));
const shell = 'ip link set lo up && ip addr add 10.99.0.1/32 dev lo && exec "$@"';
const child = spawn(
  'unshare',
  ['-n', '-p', '--fork', '--kill-child', 'sh', '-c', shell, 'sh', process.execPath, '--test', '--test-timeout=180000', tests],
  {
    stdio: 'inherit',
  },
);
child.once('exit', (code) => (process.exitCode = code ?? 1));
