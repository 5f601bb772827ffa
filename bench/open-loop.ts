/**
 * An open-loop client: requests leave on a fixed schedule whether or not answers came, and a latency runs from the scheduled time.
 * A closed loop (wrk) waits for a slow answer and so leaves out the requests that would have met the same delay
 * (coordinated omission, Tene 2013). Own process: `node open-loop.ts PORT RATE SECONDS CONNECTIONS PATH [sleep]`; prints JSON.
 * The loop never sleeps, because a timer's granularity of 1 ms would be most of what is measured. `sleep` as the last parameter makes it sleep all the
 * same, where others need the core more and milliseconds are what is looked for.
 */
import { connect, type Socket } from 'node:net';

const [port = 0, rate = 1000, seconds = 3, connections = 64] = process.argv.slice(2, 6).map(Number);
const path = process.argv[6] ?? '/small';
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
const sleeps = process.argv[7] === 'sleep';
const warmUpMs = 500;

/** One connection: at most one request in flight; `scheduledAt` is when the schedule wanted it to leave. */
interface Lane {
  readonly socket: Socket;
  scheduledAt: number;
  received: number;
  expected: number;
}

const idle: Lane[] = [];
/** Scheduled times that found no free connection; they leave as soon as one is free, and their clock already runs. */
const waiting: number[] = [];
let waitingHead = 0;
const latencies: number[] = [];
let failures = 0;
let inFlight = 0;
let firstMeasured = Infinity;

function answered(lane: Lane): void {
  const now = performance.now();
  if (lane.scheduledAt >= firstMeasured) latencies.push(now - lane.scheduledAt);
  inFlight--;
  lane.received = lane.expected = 0;
  const next = waiting[waitingHead];
  if (next === undefined) return void idle.push(lane);
  waitingHead++;
  send(lane, next);
}

/** Reads the length once per answer; all answers here have a Content-Length. */
function onData(lane: Lane, chunk: Buffer): void {
  if (lane.expected === 0) {
    const text = chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(text);
    if (end < 0 || length === null || !text.startsWith('HTTP/1.1 200')) return void (failures++, lane.socket.destroy());
    lane.expected = end + 4 + Number(length[1]);
  }
  lane.received += chunk.length;
  if (lane.received >= lane.expected) answered(lane);
}

function send(lane: Lane, scheduledAt: number): void {
  lane.scheduledAt = scheduledAt;
  inFlight++;
  lane.socket.write(request);
}

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const lane: Lane = { socket, scheduledAt: 0, received: 0, expected: 0 };
    socket.once('connect', () => (idle.push(lane), resolve()));
    socket.once('error', reject);
    socket.on('error', () => failures++);
    socket.on('data', (chunk: Buffer) => onData(lane, chunk));
  });
}

function run(): Promise<void> {
  const start = performance.now();
  firstMeasured = start + warmUpMs;
  const total = Math.round((rate * (warmUpMs + seconds * 1000)) / 1000);
  const endBy = start + warmUpMs + seconds * 1000 + 5000;
  let sent = 0;
  return new Promise((resolve) => {
    const step = (): void => {
      const now = performance.now();
      for (; sent < total && start + (sent * 1000) / rate <= now; sent++) {
        const scheduledAt = start + (sent * 1000) / rate;
        const lane = idle.pop();
        if (lane === undefined) waiting.push(scheduledAt);
        else send(lane, scheduledAt);
      }
      if ((sent >= total && inFlight === 0 && waitingHead >= waiting.length) || now > endBy) resolve();
      else if (sleeps) setTimeout(step, 1);
      else setImmediate(step);
    };
    step();
  });
}

for (let index = 0; index < connections; index++) await open();
await run();
const sorted = Float64Array.from(latencies).sort();
const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
process.stdout.write(
  `${JSON.stringify({ count: sorted.length, failures, unanswered: inFlight, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99) })}\n`,
);
process.exit(0);
