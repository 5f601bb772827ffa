/**
 * Programs from the system that tests and benchmarks measure against or drive load with. As root on Debian the missing ones are
 * installed; elsewhere they are named in one line and what needs them skips. With CI=true a missing program is an error: nothing is skipped.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program, or file, to Debian package. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  sysctl: 'procps',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  wrk: 'wrk',
  h2load: 'nghttp2-client',
  nghttp: 'nghttp2-client',
  nghttpd: 'nghttp2-server',
  nginx: 'nginx-light',
  '/usr/lib/nginx/modules/ngx_stream_module.so': 'libnginx-mod-stream',
  haproxy: 'haproxy',
  caddy: 'caddy',
  curl: 'curl',
  openssl: 'openssl',
  testssl: 'testssl.sh',
  pebble: 'pebble',
  ps: 'procps',
  prometheus: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  aiosmtpd: 'python3-aiosmtpd',
  chromium: 'chromium',
  'redis-server': 'redis-server',
  mmdblookup: 'mmdb-bin',
  dockerd: 'docker.io',
  podman: 'podman',
  runc: 'runc',
  iptables: 'iptables',
  '/usr/lib/podman/netavark': 'netavark',
  '/bin/busybox': 'busybox-static',
  '/usr/share/doc/libmodsecurity3': 'libmodsecurity3',
  '/usr/share/modsecurity-crs/owasp-crs.load': 'modsecurity-crs',
};

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const POLICY = '/usr/sbin/policy-rc.d';

/** Whether a program is on PATH or in one of the system's folders (nginx and haproxy live in /usr/sbin), or a file is where its path says. */
export function hasProgram(name: string): boolean {
  if (name.startsWith('/')) return existsSync(name);
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => isExecutable(join(folder, name)));
}

/** Installs what is missing where it can. @returns The programs that are still missing. */
export function installPrograms(): string[] {
  const missing = missingPrograms();
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return missing;
  const packages = missing.map((program) => PROGRAMS[program]!);
  console.log(`system packages: installing ${packages.join(' ')}`);
  withoutStartingServices(() => {
    aptGet(['update', '-q']);
    if (!aptGet(['install', '-yq', '--no-install-recommends', ...packages]))
      for (const name of packages) aptGet(['install', '-yq', '--no-install-recommends', name]);
  });
  return missingPrograms();
}

function missingPrograms(): string[] {
  return Object.keys(PROGRAMS).filter((name) => !hasProgram(name));
}

function aptGet(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 });
  if (status !== 0) console.error(`apt-get ${args.join(' ')}: exit ${status}\n${stderr.slice(-2000)}`);
  return status === 0;
}

/** Debian starts a daemon when its package is installed; policy-rc.d says no. */
function withoutStartingServices(work: () => void): void {
  if (existsSync(POLICY)) return work();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    rmSync(POLICY, { force: true });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const missing = installPrograms();
  if (missing.length === 0) {
    console.log(`system packages: all present (${Object.keys(PROGRAMS).join(', ')})`);
  } else {
    const packages = missing.map((program) => PROGRAMS[program]!);
    console.log(
      `system packages: missing ${missing.join(', ')}; what needs them is skipped. Install: apt-get install ${packages.join(' ')}`,
    );
    if (process.env['CI'] === 'true') process.exitCode = 1;
  }
}
