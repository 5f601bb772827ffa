/** HTTP/2 in the clear, 4 connections of 16 streams: small GET with an HTTP/1.1 backend, and unary gRPC with HTTP/2 on both sides. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type H2loadOptions, runH2load } from '../h2load.ts';
import { median } from '../measure.ts';
import type { Origin } from '../origin.ts';
import type { Protocol, Subject } from '../peers/subject.ts';
import { cpuMicros } from '../proc.ts';
import { freePort, start, temporaryDirectory, waitForListener, type Started } from '../processes.ts';
import { type Cell, ratioTarget, type Row, type RowContext, type RowResult } from './row.ts';
import { inTurns, startSubjects } from './subjects.ts';

interface Http2Row {
  readonly id: string;
  readonly title: string;
  readonly protocol: Protocol;
  readonly load: Omit<H2loadOptions, 'port' | 'seconds'>;
  readonly bound: number;
  readonly notes: readonly string[];
}

interface Figures {
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  readonly failures: number;
}

const shape = { connections: 4, streams: 16 };
const grpcServer = fileURLToPath(new URL('../grpc-origin.ts', import.meta.url));

const get: Http2Row = {
  id: 'h2',
  title: 'Small GET over HTTP/2, 4 connections of 16 streams, HTTP/1.1 upstream',
  protocol: 'http2',
  load: { ...shape, path: '/small' },
  bound: 1.3,
  notes: [],
};

export const http2Rows: readonly Row[] = [
  { id: get.id, run: (context) => runRow(get, context, context.origin) },
  { id: 'grpc', run: runGrpc },
];

async function runGrpc(context: RowContext): Promise<RowResult> {
  const bodyFile = join(temporaryDirectory('grpc-body'), 'message');
  const message = Buffer.alloc(5 + 64);
  message[4] = 64;
  writeFileSync(bodyFile, message);
  const row: Http2Row = {
    id: 'grpc',
    title: 'Unary gRPC, HTTP/2 on both sides, 64 bytes each way, 4 connections of 16 streams',
    protocol: 'grpc',
    load: { ...shape, path: '/bench.Echo/Unary', headers: ['content-type: application/grpc', 'te: trailers'], bodyFile },
    bound: 1,
    notes: ['The gRPC server is a Node.js program and often what limits requests per second; CPU per request is the proxy alone.'],
  };
  const { origin, started } = await startGrpcOrigin();
  const result = await runRow(row, context, origin);
  await started.stop();
  return result;
}

async function startGrpcOrigin(): Promise<{ origin: Origin; started: Started }> {
  const port = await freePort();
  const started = start('grpc-origin', process.execPath, [grpcServer, String(port)]);
  await waitForListener(started, port);
  return { origin: { port, socketPath: '' }, started };
}

async function runRow(row: Http2Row, context: RowContext, origin: Origin): Promise<RowResult> {
  const load = (subject: Subject, seconds: number): Promise<Figures> => measure(row, subject, seconds);
  const tryOut = async (subject: Subject): Promise<number | null> => {
    const { requestsPerSecond, failures } = await load(subject, 2);
    return requestsPerSecond > 0 ? failures : null;
  };
  const subjects = await startSubjects(context, { row: row.id, protocol: row.protocol, origin, tryOut });
  const rounds = await inTurns(context, row.id, subjects, load);
  for (const subject of subjects) await subject.started.stop();
  const cells = subjects.map((subject) => cell(subject.name, rounds.get(subject) ?? []));
  return {
    id: row.id,
    title: row.title,
    columns: ['CPU µs/request', 'requests/s', 'mean ms', 'failures'],
    cells,
    targets: ratioTarget(cells, 0, 'nginx', row.bound),
    notes: row.notes,
  };
}

async function measure(row: Http2Row, subject: Subject, seconds: number): Promise<Figures> {
  const before = cpuMicros(subject.started.pid);
  const { requests, ...rest } = await runH2load({ ...row.load, port: subject.port, seconds });
  return { cpuMicrosPerRequest: (cpuMicros(subject.started.pid) - before) / Math.max(1, requests), ...rest };
}

function cell(subject: string, rounds: readonly Figures[]): Cell {
  const over = (pick: (figures: Figures) => number): number => median(rounds.map(pick));
  const failures = rounds.reduce((sum, figures) => sum + figures.failures, 0);
  return {
    subject,
    values: [
      over((figures) => figures.cpuMicrosPerRequest),
      over((figures) => figures.requestsPerSecond),
      over((figures) => figures.meanMs),
      failures,
    ],
  };
}
