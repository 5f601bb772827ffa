/** TLS 1.3, ECDSA P-256: keep-alive requests under wrk, and handshakes, full and resumed by ticket, per second of the proxy's CPU. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Figures, measure, median, medianFigures } from '../measure.ts';
import type { Subject } from '../peers/subject.ts';
import { cpuMicros } from '../proc.ts';
import { type Cell, leastRatioTarget, ratioTarget, type Row, type RowContext, type RowResult } from './row.ts';
import { inTurns, startSubjects } from './subjects.ts';

const client = fileURLToPath(new URL('../handshake-client.ts', import.meta.url));
const load = { path: '/small', connections: 64, isTls: true };

interface Handshakes {
  readonly handshakes: number;
  readonly resumed: number;
  readonly failures: number;
}

interface HandshakeRound {
  readonly fullPerCpuSecond: number;
  readonly resumedPerCpuSecond: number;
  readonly failures: number;
}

export const tlsRows: readonly Row[] = [
  { id: 'tls', run: runKeepAlive },
  { id: 'handshakes', run: runHandshakes },
];

async function tryOut(subject: Subject): Promise<number | null> {
  const { requestsPerSecond, failures } = await measure(subject, { ...load, seconds: 2 });
  return requestsPerSecond > 0 ? failures : null;
}

/** Also what compiles the code of handshakes, where there is a compiler: the other load has hardly any. */
async function tryHandshakes({ port }: Subject): Promise<number | null> {
  const { handshakes, failures } = await runClient(port, 3, 'full');
  return handshakes > 0 ? failures : null;
}

async function runKeepAlive(context: RowContext): Promise<RowResult> {
  const subjects = await startSubjects(context, { row: 'tls', protocol: 'tls', origin: context.origin, tryOut });
  const rounds = await inTurns<Figures>(context, 'tls', subjects, (subject, seconds) => measure(subject, { ...load, seconds }));
  for (const subject of subjects) await subject.started.stop();
  const cells = subjects.map((subject): Cell => {
    const { cpuMicrosPerRequest, requestsPerSecond, p50Ms, p99Ms, failures } = medianFigures(rounds.get(subject) ?? []);
    return { subject: subject.name, values: [cpuMicrosPerRequest, requestsPerSecond, p50Ms, p99Ms, failures] };
  });
  return {
    id: 'tls',
    title: 'Small GET over TLS 1.3, keep-alive, 64 connections, TCP upstream, one worker',
    columns: ['CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'failures'],
    cells,
    targets: ratioTarget(cells, 0, 'nginx', 1.35),
    notes: [],
  };
}

async function runHandshakes(context: RowContext): Promise<RowResult> {
  const subjects = await startSubjects(context, { row: 'handshakes', protocol: 'tls', origin: context.origin, tryOut: tryHandshakes });
  const rounds = await inTurns(context, 'handshakes', subjects, measureHandshakes);
  for (const subject of subjects) await subject.started.stop();
  const cells = subjects.map((subject): Cell => {
    const all = rounds.get(subject) ?? [];
    const failures = all.reduce((sum, round) => sum + round.failures, 0);
    const full = median(all.map((round) => round.fullPerCpuSecond));
    return { subject: subject.name, values: [full, median(all.map((round) => round.resumedPerCpuSecond)), failures] };
  });
  return {
    id: 'handshakes',
    title: 'TLS 1.3 handshakes, ECDSA P-256, one worker',
    columns: ['full per CPU second', 'resumed per CPU second', 'failures'],
    cells,
    targets: [...leastRatioTarget(cells, 0, 'nginx', 0.75), ...leastRatioTarget(cells, 1, 'nginx', 0.75)],
    notes: ['A handshake is a new connection, up to the session ticket that the server sends, and its end.'],
  };
}

/** Who resumes where nobody should, and who does not with a ticket, counts as a failure. */
async function measureHandshakes(subject: Subject, seconds: number): Promise<HandshakeRound> {
  const full = await perCpuSecond(subject, seconds, 'full');
  const resumed = await perCpuSecond(subject, seconds, 'resumed');
  return {
    fullPerCpuSecond: full.rate,
    resumedPerCpuSecond: resumed.rate,
    failures: full.counts.failures + full.counts.resumed + resumed.counts.failures,
  };
}

async function perCpuSecond(subject: Subject, seconds: number, kind: 'full' | 'resumed'): Promise<{ rate: number; counts: Handshakes }> {
  const before = cpuMicros(subject.started.pid);
  const counts = await runClient(subject.port, seconds, kind);
  const used = cpuMicros(subject.started.pid) - before;
  return { rate: counts.handshakes / Math.max(0.01, used / 1e6), counts };
}

function runClient(port: number, seconds: number, kind: 'full' | 'resumed'): Promise<Handshakes> {
  const parameters = [client, String(port), String(seconds), kind];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'], timeout: (seconds + 15) * 1000 });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', () => {
      if (output === '') reject(new Error(`handshake client on port ${port} gave no result`));
      else resolve(JSON.parse(output) as Handshakes);
    });
  });
}
