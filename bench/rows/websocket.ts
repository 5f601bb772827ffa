/** WebSocket messages of 125 bytes, there and back, over 1,000 connections; and the memory of those connections before the first message. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from '../measure.ts';
import type { Subject } from '../peers/subject.ts';
import { cpuMicros, residentBytes } from '../proc.ts';
import { freePort, start, waitForListener } from '../processes.ts';
import { type Cell, ratioTarget, type Row, type RowContext, type RowResult, type Target } from './row.ts';
import { inTurns, startSubjects } from './subjects.ts';

const clientFile = fileURLToPath(new URL('../websocket-client.ts', import.meta.url));
const originFile = fileURLToPath(new URL('../websocket-origin.ts', import.meta.url));
const CONNECTIONS = 1000;
const BOUND_KIB = 20;

interface Round {
  readonly echoes: number;
  readonly seconds: number;
  readonly failures: number;
}

/** A client process that holds its connections from round to round. */
interface Client {
  readonly child: ChildProcess;
  readonly lines: Interface;
  readonly kibEach: number;
  readonly connections: number;
}

interface Figures {
  readonly cpuMicrosPerMessage: number;
  readonly messagesPerSecond: number;
  readonly failures: number;
}

const holding = new Set<ChildProcess>();
process.on('exit', () => holding.forEach((child) => child.kill('SIGKILL')));

export const websocketRow: Row = { id: 'websocket', run };

async function run(context: RowContext): Promise<RowResult> {
  const port = await freePort();
  const origin = start('websocket-origin', process.execPath, [originFile, String(port)]);
  await waitForListener(origin, port);
  const clients = new Map<Subject, Client>();
  const tryOut = async (subject: Subject): Promise<number | null> => {
    // A light warm-up only: a heap that load has grown would hide what the connections cost.
    const few = await openConnections(subject, 10);
    if (few.connections > 0) await measure(subject, few, 1);
    few.child.kill('SIGKILL');
    const client = await openConnections(subject, CONNECTIONS);
    clients.set(subject, client);
    if (client.connections === 0) return null;
    return (await measure(subject, client, 1)).failures;
  };
  const subjects = await startSubjects(context, { row: 'websocket', protocol: 'websocket', origin: { port, socketPath: '' }, tryOut });
  const rounds = await inTurns(context, 'websocket', subjects, (subject, seconds) => measure(subject, clients.get(subject)!, seconds));
  for (const { child } of clients.values()) child.kill('SIGKILL');
  for (const { started } of [...subjects, { started: origin }]) await started.stop();
  const cells = subjects.map((subject) => cell(subject.name, rounds.get(subject) ?? [], clients.get(subject)!));
  return {
    id: 'websocket',
    title: `WebSocket messages of 125 bytes, there and back, ${CONNECTIONS} connections`,
    columns: ['CPU µs/message and its echo', 'echoes/s', 'KiB per idle connection', 'failures'],
    cells,
    targets: [...ratioTarget(cells, 0, 'nginx', 1.5), ...memoryTarget(cells)],
    notes: ['An echo is two messages through the proxy, one each way.'],
  };
}

async function openConnections(subject: Subject, count: number): Promise<Client> {
  await sleep(500);
  const before = residentBytes(subject.started.pid);
  const child = spawn(process.execPath, [clientFile, String(subject.port), String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
  holding.add(child);
  child.once('exit', () => holding.delete(child));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(30_000) })) as [string];
  const connections = Number(line.split(' ')[1]);
  await sleep(1000);
  const grown = residentBytes(subject.started.pid) - before;
  return { child, lines, connections, kibEach: grown / 1024 / Math.max(1, connections) };
}

async function measure(subject: Subject, { child, lines }: Client, seconds: number): Promise<Figures> {
  const before = cpuMicros(subject.started.pid);
  child.stdin?.write(`${seconds}\n`);
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout((seconds + 15) * 1000) })) as [string];
  const used = cpuMicros(subject.started.pid) - before;
  const { echoes, failures } = JSON.parse(line) as Round;
  return { cpuMicrosPerMessage: used / Math.max(1, echoes), messagesPerSecond: echoes / seconds, failures };
}

function cell(subject: string, rounds: readonly Figures[], client: Client): Cell {
  const cost = median(rounds.map((round) => round.cpuMicrosPerMessage));
  const rate = median(rounds.map((round) => round.messagesPerSecond));
  return { subject, values: [cost, rate, client.kibEach, rounds.reduce((sum, round) => sum + round.failures, 0)] };
}

function memoryTarget(cells: readonly Cell[]): Target[] {
  const measured = cells.find((each) => each.subject === 'Sluice')?.values[2];
  if (measured === undefined) return [];
  return [{ text: `<= ${BOUND_KIB} KiB per idle connection`, measured, reached: measured <= BOUND_KIB }];
}
