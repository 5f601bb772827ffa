/**
 * Builds the Kubernetes that the nightly test runs: 1.20.2 out of Debian bookworm's source package, the newest server whose whole source Debian has. Once per
 * machine: 4 minutes on two cores, 390 MB in $SLUICE_K8S_BIN or ~/.cache/sluice/kubernetes-1.20.2. Needs apt with bookworm, Go, rsync, make, jq.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSION = '1.20.5+really1.20.2-1.1+deb12u1';
const PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubectl'];
/** The vendored reflect2 crashes under Go 1.18 and later (map iteration): Debian's own packages of both take their places. */
const REPLACED = ['modern-go/reflect2', 'json-iterator/go'];

export const CLUSTER_PROGRAMS = process.env['SLUICE_K8S_BIN'] ?? join(homedir(), '.cache', 'sluice', 'kubernetes-1.20.2');

/** Builds what is missing. */
export function buildCluster(): void {
  if (PROGRAMS.every((name) => existsSync(join(CLUSTER_PROGRAMS, name)))) return;
  console.log(`building Kubernetes ${VERSION} into ${CLUSTER_PROGRAMS}: about 4 minutes`);
  const work = mkdtempSync(join(tmpdir(), 'sluice-kubernetes-'));
  try {
    const source = fetchSource(work);
    replaceVendored(work, source);
    compile(work, source);
    const next = `${CLUSTER_PROGRAMS}.new`;
    mkdirSync(next, { recursive: true, mode: 0o755 });
    for (const name of PROGRAMS) cpSync(join(source, '_output', 'bin', name), join(next, name));
    rmSync(CLUSTER_PROGRAMS, { recursive: true, force: true });
    renameSync(next, CLUSTER_PROGRAMS);
  } finally {
    // Go makes its module folders read-only.
    spawnSync('chmod', ['-R', 'u+w', work]);
    rmSync(work, { recursive: true, force: true });
  }
}

function fetchSource(work: string): string {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'parts']) mkdirSync(join(work, 'apt', folder), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const mirror = mirrorOf(run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Codename: bookworm'], work));
  const lines = ['deb', 'deb-src'].map((kind) => `${kind} [signed-by=${keys}] ${mirror} bookworm main\n`);
  writeFileSync(join(work, 'apt', 'sources.list'), lines.join(''));
  const options = {
    'Dir::Etc::SourceList': join(work, 'apt', 'sources.list'),
    'Dir::Etc::SourceParts': join(work, 'apt', 'parts'),
    'Dir::State::Lists': join(work, 'apt', 'lists'),
    'Dir::Cache': join(work, 'apt', 'cache'),
  };
  const apt = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  run('apt-get', [...apt, '-qq', 'update'], work);
  run('apt-get', [...apt, '-qq', 'source', '--download-only', `kubernetes=${VERSION}`], work);
  run('apt-get', [...apt, '-qq', 'download', 'golang-github-modern-go-reflect2-dev', 'golang-github-json-iterator-go-dev'], work);
  run('tar', ['xzf', readdirSync(work).find((name) => /^kubernetes_.*\.orig\.tar\.gz$/.test(name))!], work);
  return join(work, 'kubernetes-1.20.2');
}

function mirrorOf(uris: string): string {
  return uris.split('\n').find((uri) => uri !== '') ?? 'http://deb.debian.org/debian';
}

function replaceVendored(work: string, source: string): void {
  for (const name of readdirSync(work).filter((file) => file.startsWith('golang-') && file.endsWith('.deb')))
    run('dpkg', ['-x', name, 'go'], work);
  for (const module of REPLACED) {
    const from = join(work, 'go', 'usr', 'share', 'gocode', 'src', 'github.com', module);
    const to = join(source, 'vendor', 'github.com', module);
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from))
      if (/\.(go|s)$/.test(name) && !name.endsWith('_test.go')) cpSync(join(from, name), join(to, name));
  }
}

function compile(work: string, source: string): void {
  mkdirSync(join(source, '.go', 'src', 'k8s.io'), { recursive: true });
  symlinkSync('../../..', join(source, '.go', 'src', 'k8s.io', 'kubernetes'));
  const env = { GOPATH: join(source, '.go'), CGO_ENABLED: '0', GOPROXY: 'off', HOME: work };
  run('make', [`WHAT=${PROGRAMS.map((name) => `cmd/${name}`).join(' ')}`], source, env);
}

function run(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 1_800_000,
    maxBuffer: 64 * 1_048_576,
  });
  if (status !== 0) throw new Error(`${program} ${args.slice(-2).join(' ')}: ${error?.message ?? stderr.slice(-2_000)}`);
  return stdout;
}
