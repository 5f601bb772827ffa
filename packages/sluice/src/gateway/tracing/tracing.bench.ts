/**
 * What tracing costs a request, in CPU time of the worker: `node packages/sluice/src/gateway/tracing/tracing.bench.ts`. To hold: off one null check, on with nothing kept below 350 ns, with 1 % drawn and
 * 1 % slow below 500 ns, for everything together: ids, field line, one attempt, the decision at the end, and spans of those that are kept, flattened and cloned as on their way to the control plane.
 */
import { serialize } from 'node:v8';
import { seededRandom } from '../../base/random.ts';
import { type Instant, instant, timestamp } from '../../base/time.ts';
import { RequestParser } from '../../core/http1/request-parser.ts';
import type { TracingPlan } from '../../config/observe-plan.ts';
import { listenerPlan } from '../../../test/support/plans.ts';
import { type Client, Exchange } from '../exchange/exchange.ts';
import { RequestView } from '../exchange/request-view.ts';
import { TraceRecorder } from './trace-recorder.ts';

const ROUNDS = 7;
const EXCHANGES = 200_000;
const SHARES: TracingPlan = { sample: 0.01, trustParent: true, keepErrors: true, keepSlowest: 0.01, isExported: true };
const NOTHING: TracingPlan = { ...SHARES, sample: 0, keepSlowest: 0 };
const ALL: TracingPlan = { ...SHARES, sample: 1 };
const HEAD = 'GET /a HTTP/1.1\r\nHost: a.example\r\nUser-Agent: bench\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nCookie: a=b\r\n';
const PARENT = 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n';

const limits = {
  requestLineBytesMax: 8_192,
  headerBytesMax: 32_768,
  headersMax: 100,
  trailerBytesMax: 8_192,
  chunkExtensionBytesMax: 4_096,
};
const listener = listenerPlan('web', 80);
const clock = { now: () => instant(performance.now()), wall: () => timestamp(Date.now()) };
const client = {} as Client;
/** Of them spans are told names only. */
const SERVICE = { plan: { name: 'shop' }, slot: 0, addressOf: () => '127.0.0.1:34233' } as unknown as NonNullable<Exchange['service']>;
const ROUTE = { plan: { name: 'shop' }, slot: 0 } as unknown as NonNullable<Exchange['route']>;
let sentBytes = 0;

function viewOf(text: string): RequestView {
  const parser = new RequestParser(limits);
  const bytes = Buffer.from(`${text}\r\n`, 'latin1');
  parser.parse(bytes, 0, bytes.length);
  const view = new RequestView();
  view.point(parser, bytes, 0, 'a.example', '/a', null);
  return view;
}

/** One exchange as the gateway takes it through; without a recorder only the looks whether there is one. */
function pass(recorder: TraceRecorder | null, view: RequestView, now: Instant): void {
  const exchange = new Exchange(client, now);
  exchange.method = 'GET';
  exchange.path = '/a';
  exchange.status = 200;
  exchange.service = SERVICE;
  exchange.route = ROUTE;
  exchange.endpoint = 3;
  exchange.clientAddress = '127.0.0.1';
  if (recorder !== null) exchange.trace = recorder.begin(view, listener, false);
  const lines = exchange.trace === null ? '' : exchange.trace.lines;
  exchange.head = lines;
  if (exchange.trace !== null) exchange.head = exchange.trace.sending(exchange.head, 3, now, false);
  sentBytes += Buffer.byteLength(exchange.head, 'latin1');
  if (exchange.trace !== null) exchange.trace.answered(3, 200, now);
  if (exchange.trace !== null) exchange.trace.ended(3, 0, '', clock.now());
  if (exchange.trace !== null) recorder?.finish(0, exchange, exchange.trace, 200, now);
}

function measure(recorder: TraceRecorder | null, view: RequestView): number {
  const nanoseconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const now = clock.now();
    const start = process.threadCpuUsage();
    for (let index = 0; index < EXCHANGES; index++) {
      pass(recorder, view, now);
      if (index % 400 === 0) recorder?.flush();
    }
    const { user, system } = process.threadCpuUsage(start);
    nanoseconds.push(((user + system) * 1e3) / EXCHANGES);
  }
  return nanoseconds.toSorted((left, right) => left - right)[ROUNDS >> 1]!;
}

let clonedBytes = 0;

function recorder(plan: TracingPlan): TraceRecorder {
  const seed = Uint32Array.of(1, 2, 3, 4, 5);
  return new TraceRecorder({
    plan,
    clock,
    random: seededRandom(1),
    seed,
    say: (message) => (clonedBytes += serialize(message).length),
    exemplars: null,
  });
}

const off = measure(null, viewOf(HEAD));
process.stdout.write(`off: ${off.toFixed(0)} ns, the exchange itself included\n`);
for (const [name, plan, text] of [
  ['nothing kept', NOTHING, HEAD],
  ['nothing kept, continued', NOTHING, HEAD + PARENT],
  ['1 % drawn, 1 % slow', SHARES, HEAD],
  ['all kept', ALL, HEAD],
] as const) {
  const on = measure(recorder(plan), viewOf(text));
  process.stdout.write(`${name}: ${(on - off).toFixed(0)} ns more\n`);
}
if (sentBytes === 0 || clonedBytes === 0) throw new Error('nothing was sent');
