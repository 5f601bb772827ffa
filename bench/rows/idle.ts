/** Memory that 10,000 idle keep-alive connections cost: resident set after, minus before, over the connections that were answered. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject, SubjectKind } from '../peers/subject.ts';
import { residentBytes } from '../proc.ts';
import { runWrk } from '../wrk.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

const client = fileURLToPath(new URL('../idle-clients.ts', import.meta.url));
const CONNECTIONS = 10_000;
const BOUND_KIB = 12;

/** HAProxy's start-up fails above about 7,000 with 20,000 descriptors, so it is asked for fewer. */
const fewer: Readonly<Record<string, number>> = { HAProxy: 6000 };

const holding = new Set<ChildProcess>();
process.on('exit', () => holding.forEach((child) => child.kill('SIGKILL')));

export const idleRow: Row = { id: 'idle', run };

async function run(context: RowContext): Promise<RowResult> {
  const cells: Cell[] = [];
  for (const kind of context.kinds) {
    const cell = await measureKind(kind, context);
    cells.push(cell);
    context.log(`idle ${cell.subject}: ${cell.values[0]?.toFixed(1)} KiB each of ${cell.values[1]}`);
  }
  const own = cells.find((cell) => cell.subject === 'Sluice');
  const measured = own?.values[0] ?? Number.NaN;
  const complete = own?.values[1] === CONNECTIONS;
  const targets = own === undefined ? [] : [{ text: `<= ${BOUND_KIB} KiB each`, measured, reached: complete && measured <= BOUND_KIB }];
  return { id: 'idle', title: '10,000 idle keep-alive connections', columns: ['KiB each', 'connections'], cells, targets, notes: [] };
}

async function measureKind(kind: SubjectKind, context: RowContext): Promise<Cell> {
  const subject = await kind.start({ origin: context.origin, upstream: 'tcp', workers: 1 });
  // A light warm-up only: a heap that load has grown would hide what the connections cost. So this is an upper bound.
  await runWrk({ port: subject.port, path: '/small', connections: 1, seconds: 1 });
  await sleep(1000);
  const before = residentBytes(subject.started.pid);
  const clients = [holdConnections(subject, kind, 2), holdConnections(subject, kind, 2)];
  const held = (await Promise.all(clients.map((each) => each.ready))).reduce((sum, count) => sum + count, 0);
  await sleep(2000);
  const grown = residentBytes(subject.started.pid) - before;
  for (const { child } of clients) child.kill('SIGKILL');
  await subject.started.stop();
  return { subject: kind.name, values: [grown / 1024 / Math.max(1, held), held] };
}

/** One client process with its part of the connections: a process may have 20,000 descriptors, and ports run out per address. */
function holdConnections(subject: Subject, kind: SubjectKind, parts: number): { child: ChildProcess; ready: Promise<number> } {
  const count = (fewer[kind.name] ?? CONNECTIONS) / parts;
  const child = spawn(process.execPath, [client, String(subject.port), String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  holding.add(child);
  child.once('exit', () => holding.delete(child));
  const ready = new Promise<number>((resolve) => {
    const timer = setTimeout(() => resolve(0), 30_000);
    child.stdout.once('data', (chunk: Buffer) => {
      clearTimeout(timer);
      resolve(Number(chunk.toString().split(' ')[1]));
    });
  });
  return { child, ready };
}
