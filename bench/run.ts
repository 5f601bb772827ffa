/**
 * Side-by-side benchmarks: Sluice and its peers before the same backend, in turns, medians of several rounds.
 * Every row is bounded in time; everything that was started is stopped again, also on errors.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseOptions, type Options } from './options.ts';
import { startOrigin } from './origin.ts';
import { caddy } from './peers/caddy.ts';
import { fastifyHttpProxy } from './peers/fastify-http-proxy.ts';
import { haproxy } from './peers/haproxy.ts';
import { httpProxy3 } from './peers/http-proxy-3.ts';
import { nginx } from './peers/nginx.ts';
import { sluice } from './peers/sluice.ts';
import { bare, type SubjectKind } from './peers/subject.ts';
import { usableKinds } from './preflight.ts';
import { cleanUp } from './processes.ts';
import { describeMachine, rowMarkdown, writeReport, type Report } from './report.ts';
import { cacheRows } from './rows/cache.ts';
import { cachePoliciesRow } from './rows/cache-policies.ts';
import { filtersRow } from './rows/filters.ts';
import { fleetDeployRow } from './rows/fleet-deploy.ts';
import { fleetSocketRow } from './rows/fleet-socket.ts';
import { fleetColdRow, fleetStartRow } from './rows/fleet-start.ts';
import { fleetSuperviseRow } from './rows/fleet-supervise.ts';
import { http2Rows } from './rows/http2.ts';
import { idleRow } from './rows/idle.ts';
import { latencyRow } from './rows/latency.ts';
import { dashboardRow } from './rows/dashboard.ts';
import { metricsRow } from './rows/metrics.ts';
import { observingRow } from './rows/observing.ts';
import { reloadRow } from './rows/reload.ts';
import type { Row, RowResult } from './rows/row.ts';
import { scalingPeersRow } from './rows/scaling-peers.ts';
import { scalingSineRow } from './rows/scaling-sine.ts';
import { scalingStepRow } from './rows/scaling-step.ts';
import { tcpRow } from './rows/tcp.ts';
import { throughputRows } from './rows/throughput.ts';
import { tlsRows } from './rows/tls.ts';
import { websocketRow } from './rows/websocket.ts';
import { workersRow } from './rows/workers.ts';

const kinds: readonly SubjectKind[] = [
  sluice,
  nginx,
  haproxy,
  caddy,
  httpProxy3,
  fastifyHttpProxy,
  bare(sluice),
  bare(nginx),
  bare(haproxy),
];
const rows: readonly Row[] = [
  ...throughputRows,
  ...tlsRows,
  ...http2Rows,
  websocketRow,
  tcpRow,
  workersRow,
  latencyRow,
  idleRow,
  reloadRow,
  scalingStepRow,
  scalingPeersRow,
  scalingSineRow,
  cachePoliciesRow,
  ...cacheRows,
  filtersRow,
  observingRow,
  metricsRow,
  dashboardRow,
  fleetDeployRow,
  fleetStartRow,
  fleetColdRow,
  fleetSuperviseRow,
  fleetSocketRow,
];

const log = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(options: Options): Promise<void> {
  const selected = selectRows(options.only);
  const isAlone = selected.every((row) => row.isVirtual ?? row.isAlone);
  const origin = isAlone ? { port: 0, socketPath: '' } : await startOrigin();
  const wanted = kinds.filter(
    (kind) =>
      options.peers.length === 0 ||
      options.peers.some((peer) => kind.name === peer || kind.name === `${peer}, bare`) ||
      kind.name.startsWith(sluice.name),
  );
  const usable = isAlone ? [] : await usableKinds(wanted, origin, log);
  const results: RowResult[] = [];
  for (const row of selected) {
    const result = await row.run({
      origin,
      rounds: options.rounds,
      seconds: options.seconds,
      kinds: usable.filter((kind) => kind.rows?.includes(row.id) ?? true),
      log,
    });
    results.push(result);
    process.stdout.write(`\n${rowMarkdown(result)}`);
  }
  if (options.write) writeReport(merged(options, usable, results));
}

/** A name is a row's id, or what several begin with: `scaling` is `scaling-step` and its like. None is all. */
function selectRows(names: readonly string[]): readonly Row[] {
  const isMeant = (row: Row, name: string): boolean =>
    row.id === name || (row.id.startsWith(`${name}-`) && !rows.some((each) => each.id === name));
  const unknown = names.filter((name) => !rows.some((row) => isMeant(row, name)));
  if (unknown.length > 0) throw new Error(`--only: no row ${unknown.join(', ')}; there are ${rows.map((row) => row.id).join(', ')}`);
  return names.length === 0 ? rows : rows.filter((row) => names.some((name) => isMeant(row, name)));
}

/** A run of some rows replaces those in the last report and keeps the others. */
function merged(options: Options, usable: readonly SubjectKind[], results: readonly RowResult[]): Report {
  const found = Object.fromEntries(usable.map((kind) => [kind.name, kind.version() ?? '']));
  const versions = usable.length === 0 ? (previousReport()?.versions ?? {}) : found;
  const order = (row: RowResult): number => rows.findIndex((each) => each.id === row.id);
  const kept = (previousReport()?.rows ?? []).filter((old) => order(old) >= 0 && !results.some((row) => row.id === old.id));
  const all = [...kept, ...results].toSorted((left, right) => order(left) - order(right));
  const date = new Date().toISOString().slice(0, 10);
  return { date, machine: describeMachine(), rounds: options.rounds, seconds: options.seconds, versions, rows: all };
}

function previousReport(): Report | null {
  const file = new URL('results/latest.json', import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : null;
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await cleanUp();
}
