/**
 * What layer 4 in the kernel costs: `node bench/kernel-layer4.ts [--rounds 5] [--seconds 3]`, as root. A client, a balancer and two nginx in network namespaces; CPU of the whole
 * path (client, servers, proxy, ksoftirqd) per new connection and per GB, direct, by our rules and by HAProxy in TCP mode with one thread; what each adds to direct.
 */
import { mkdirSync, writeFileSync, truncateSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { KernelDescription } from '../packages/sluice/src/core/layer4/kernel-description.ts';
import { nftTable } from '../packages/sluice/src/core/layer4/nft-rules.ts';
import { deletionScript, replacementScript } from '../packages/sluice/src/core/layer4/nft-table.ts';
import { lab, labFault, NetworkLab } from '../packages/sluice/test/support/network-lab.ts';
import { CpuGroup } from './cpu-group.ts';
import { median } from './measure.ts';
import { temporaryDirectory } from './processes.ts';
import { describeMachine, formatValue } from './report.ts';
import type { WrkResult } from './wrk.ts';

const TABLE = 'sluice_bench';
/** Servers have a port per kind: a client has another clock of timestamps for each address it asks, and a server that remembers one refuses the other (RFC 7323 §5). */
const PORTS = { direct: 8080, kernel: 8081, haproxy: 8082 } as const;
const KERNEL_PORT = 5001;
const HAPROXY_PORT = 5002;
const LARGE_BYTES = 16 * 1024 * 1024;
const WRK_SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));
const KINDS = ['direct', 'kernel', 'haproxy'] as const;
type Kind = (typeof KINDS)[number];

interface Bench {
  readonly network: NetworkLab;
  readonly group: CpuGroup;
  readonly directory: string;
  readonly seconds: number;
}

/** Microseconds per connection, seconds per GB; and how fast it went, to see what the machine did. */
interface Costs {
  readonly perConnection: number;
  readonly perGigabyte: number;
  readonly connectionsPerSecond: number;
  readonly gigabitsPerSecond: number;
}

function description(): KernelDescription {
  const endpoints = [1, 2].map((index) => ({ address: lab.backend(index), port: PORTS.kernel, weight: 1, state: 'up' as const }));
  return {
    listeners: [
      {
        name: 'bench',
        protocol: 'tcp',
        host: lab.balancer,
        port: KERNEL_PORT,
        method: 'round-robin',
        endpoints,
        masquerade: 'auto',
        onDown: 'keep',
      },
    ],
  };
}

function inside({ network }: Bench, name: string, command: readonly string[]): string[] {
  return ['nsenter', `--net=${network.path(name)}`, ...command];
}

/** One nginx per backend, one worker each. */
function startServers(bench: Bench): void {
  const { directory, group } = bench;
  mkdirSync(join(directory, 'files'));
  writeFileSync(join(directory, 'files/large'), '');
  truncateSync(join(directory, 'files/large'), LARGE_BYTES);
  const listens = Object.values(PORTS).map((port) => `listen ${port} backlog=4096;`);
  for (const name of ['b1', 'b2']) {
    const file = join(directory, `${name}.conf`);
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${directory}/${name}.pid; error_log stderr;
events { worker_connections 4096; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; client_body_temp_path ${directory}/${name}-body; proxy_temp_path ${directory}/${name}-proxy;
  fastcgi_temp_path ${directory}/${name}-fastcgi; uwsgi_temp_path ${directory}/${name}-uwsgi; scgi_temp_path ${directory}/${name}-scgi;
  server { ${listens.join(' ')} root ${directory}/files; location = /small { return 200 "ok"; } } }
`,
    );
    group.start(inside(bench, name, ['nginx', '-c', file])).catch(reportUnlessEnding);
  }
}

/** Starts what stands between client and servers. @returns Stops it. */
async function startBalancer(bench: Bench, kind: Kind): Promise<() => Promise<void>> {
  const { network, directory, group } = bench;
  const script = join(directory, 'rules.nft');
  switch (kind) {
    case 'direct':
      return async () => {};
    case 'kernel':
      writeFileSync(script, replacementScript(TABLE, nftTable(description(), ['10.78.1.0/24', '10.78.2.0/24'])));
      await network.run('lb', 'nft', '-f', script);
      return async () => {
        writeFileSync(script, deletionScript(TABLE));
        await network.run('lb', 'nft', '-f', script);
      };
    case 'haproxy': {
      const file = join(directory, 'haproxy.cfg');
      writeFileSync(
        file,
        `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  option splice-auto
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind ${lab.balancer}:${HAPROXY_PORT} backlog 4096
  balance roundrobin
  server b1 ${lab.backend(1)}:${PORTS.haproxy}
  server b2 ${lab.backend(2)}:${PORTS.haproxy}
`,
      );
      let pid = 0;
      const ended = group.start(inside(bench, 'lb', ['haproxy', '-db', '-f', file]), (id) => (pid = id)).catch(() => {});
      await sleep(300);
      return async () => {
        process.kill(pid, 'SIGKILL');
        await ended;
      };
    }
  }
}

/** Two clients, so that direct has both servers, too. */
async function load(bench: Bench, kind: Kind, path: string, connections: number): Promise<{ micros: number; results: WrkResult[] }> {
  const headers = path === '/small' ? ['-H', 'Connection: close'] : [];
  const before = bench.group.micros();
  const ends = await Promise.all(
    [1, 2].map((index) => {
      const target = {
        direct: `${lab.backend(index)}:${PORTS.direct}`,
        kernel: `${lab.balancer}:${KERNEL_PORT}`,
        haproxy: `${lab.balancer}:${HAPROXY_PORT}`,
      };
      const options = ['-t1', `-c${connections}`, `-d${bench.seconds}s`, '--timeout', '10s', '-s', WRK_SCRIPT, ...headers];
      return bench.group.start(inside(bench, 'client', ['wrk', ...options, `http://${target[kind]}${path}`]));
    }),
  );
  const micros = bench.group.micros() - before;
  const results = ends.map(({ output }) => JSON.parse(/JSON (.*)/.exec(output)?.[1] ?? 'null') as WrkResult);
  const failures = results.reduce((sum, { socketErrors, badStatuses }) => sum + socketErrors + badStatuses, 0);
  if (failures > 0) console.warn(`${kind} ${path}: ${failures} failures`);
  return { micros, results };
}

async function measure(bench: Bench, kind: Kind): Promise<Costs> {
  const stop = await startBalancer(bench, kind);
  try {
    const small = await load(bench, kind, '/small', 16);
    const large = await load(bench, kind, '/large', 2);
    const connections = small.results.reduce((sum, { requests }) => sum + requests, 0);
    const gigabytes = large.results.reduce((sum, { bytes }) => sum + bytes, 0) / 1e9;
    return {
      perConnection: small.micros / connections,
      perGigabyte: large.micros / 1e6 / gigabytes,
      connectionsPerSecond: connections / bench.seconds,
      gigabitsPerSecond: (gigabytes * 8) / bench.seconds,
    };
  } finally {
    await stop();
  }
}

let isEnding = false;

function reportUnlessEnding(error: Error): void {
  if (!isEnding) console.error(error.message);
}

function report(rounds: readonly Record<Kind, Costs>[]): void {
  const middle = (kind: Kind, pick: (costs: Costs) => number): number => median(rounds.map((round) => pick(round[kind])));
  // Per round, so that what the machine did meanwhile takes part in both.
  const added = (kind: Kind, pick: (costs: Costs) => number): number =>
    median(rounds.map((round) => pick(round[kind]) - pick(round.direct)));
  const connection = (costs: Costs): number => costs.perConnection;
  const gigabyte = (costs: Costs): number => costs.perGigabyte;
  console.log(
    '| path | µs per connection | added | connections/s | CPU s per GB | added | Gbit/s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
  );
  for (const kind of KINDS) {
    const values = [
      middle(kind, connection),
      added(kind, connection),
      middle(kind, (costs) => costs.connectionsPerSecond),
      middle(kind, gigabyte),
      added(kind, gigabyte),
      middle(kind, (costs) => costs.gigabitsPerSecond),
    ];
    console.log(`| ${kind} | ${values.map(formatValue).join(' | ')} |`);
  }
  for (const [name, pick, limit] of [
    ['per new connection', connection, 0.35],
    ['per GB', gigabyte, 0.1],
  ] as const) {
    const ratio = added('kernel', pick) / added('haproxy', pick);
    console.log(`target ${name} <= ${limit} x what HAProxy adds: ${formatValue(ratio)}, ${ratio <= limit ? 'reached' : 'not reached'}`);
  }
}

async function main(): Promise<void> {
  const fault = labFault();
  if (fault !== null) throw new Error(`bench/kernel-layer4.ts ${fault}`);
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' } } });
  const directory = temporaryDirectory('kernel-layer4');
  await using network = await NetworkLab.create(2);
  const group = new CpuGroup(`sluice-bench-${process.pid}`);
  const bench: Bench = { network, group, directory, seconds: Number(values.seconds) };
  try {
    startServers(bench);
    await sleep(500);
    console.log(`${describeMachine()}; ${values.rounds} rounds of ${values.seconds} s, medians`);
    const rounds: Record<Kind, Costs>[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const costs: Partial<Record<Kind, Costs>> = {};
      for (let turn = 0; turn < KINDS.length; turn++) {
        const kind = KINDS[(turn + round) % KINDS.length]!;
        costs[kind] = await measure(bench, kind);
      }
      rounds.push(costs as Record<Kind, Costs>);
    }
    report(rounds);
  } finally {
    isEnding = true;
    await group.remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
