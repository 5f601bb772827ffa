/**
 * What the filters of the edge cost a request that they have nothing to do with: `node packages/sluice/src/gateway/filters/edge-filters.bench.ts`. To hold: below 0.3 µs each. And what a filter
 * of a user's own costs that does next to nothing.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { FilterPlan } from '../../config/filter-plan.ts';
import { filtersSchema } from '../../config/schema/filters.ts';
import type { FilterFunction } from '../../core/filters/custom-filter.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import { instant } from '../../base/time.ts';
import { fieldsBench } from '../../../test/support/bench-pass.ts';
import { LIMITS } from '../../../test/support/http1.ts';
import { CustomRun } from '../custom/custom-run.ts';
import type { Attempt, Client } from '../exchange/exchange.ts';
import { PIPELINE } from '../pipeline.ts';
import type { FilterModule } from './filter.ts';

const ROUNDS = 7;
const REQUESTS = 300_000;
const RUNS = 30_000;

const written: readonly (readonly [what: string, filter: unknown])[] = [
  ['requestId, short', { requestId: { format: 'short' } }],
  ['requestId, uuid7', 'requestId'],
  ['headers, both ways', { headers: { request: { set: { 'x-env': 'prod' } }, response: { remove: 'server' } } }],
  ['headers, a place', { headers: { request: { set: { 'x-client': '{client.address}' } } } }],
  ['securityHeaders', 'securityHeaders'],
  ['errorPage', 'errorPage'],
  ['cors, no origin', { cors: { origins: 'https://a.example' } }],
  ['redirect, canonical', { redirect: { www: 'remove', trailingSlash: 'remove' } }],
  ['rewrite, other prefix', { rewrite: { stripPrefix: '/api' } }],
  ['mirror, not this one', { mirror: { to: 'shadow', share: '1%' } }],
  ['fault, not this one', { fault: { abort: { share: '1%' } } }],
];

const { context, passOf } = fieldsBench();
const client = {
  onResponseHead: () => true,
  replyBody: () => {},
  flushReply: () => true,
  onReplyEnd: () => {},
  hasRoom: true,
  holdsBytes: false,
};
const { pass } = passOf([]);
Object.assign(pass, {
  requester: { identity: { isTrusted: false } },
  listener: { hstsLine: '', worker: context.worker },
  isTls: false,
  parameters: { params: [], paramNames: [], rest: '' },
  route: { plan: { name: 'a' } },
  filters: { failed() {}, countAnswer() {} },
  target: null,
  resume() {},
  hold() {},
});
const worker = Object.assign(context.worker, { sweeper: { add() {}, remove() {} } });

for (const [what, filter] of written) {
  const { kind, options } = filtersSchema.parse([filter])[0] as FilterPlan;
  const module = (await PIPELINE.find((place) => place.kind === kind)!.load()).filter as FilterModule<typeof kind>;
  const stage = module.create(options, context);
  print(
    what,
    median(REQUESTS, () => {
      reset();
      stage.onRequest(pass);
    }),
  );
}

const filters: readonly (readonly [what: string, call: FilterFunction])[] = [
  ['custom, no promise', () => {}],
  ['custom, no promise, one header', (request) => request.headers.set('x-a', '1')],
  ['custom, async', async (_, next) => await next()],
];
const bytes = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: x\r\nEtag: "a"\r\nContent-Length: 5\r\n\r\nhello',
  'latin1',
);
const parser = new ResponseParser(LIMITS);
parser.begin();
parser.parse(bytes, 0, bytes.length, false);
const attempt = { parser, version: 1, slot: 0, sentAt: instant(0), isHedge: false, isReused: true, grpcStatus: -1 } as Attempt;
for (const [what, call] of filters) {
  const run = { name: 'a', call, options: {}, timeoutMs: 1_000, context: { ...context, worker } };
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let index = 0; index < RUNS; index++) {
      reset();
      new CustomRun(run, pass).start();
      if (pass.exchange.client === (client as unknown as Client)) continue; // its reply is not held
      pass.exchange.client.onResponseHead(pass.exchange, attempt, bytes, 0);
      for (let tick = 0; tick < 6; tick++) await Promise.resolve();
    }
    await turn();
    costs.push(((performance.now() - start) * 1e6) / RUNS);
  }
  print(what, middle(costs));
}

function reset(): void {
  const { exchange } = pass;
  pass.edits = { drops: '', lines: '' };
  pass.target = null;
  exchange.filterEdits = null;
  exchange.replyEdits = null;
  exchange.followers = [];
  exchange.client = client as unknown as Client;
}

function median(count: number, run: () => void): number {
  const costs = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (let index = 0; index < count; index++) run();
    return ((performance.now() - start) * 1e6) / count;
  });
  return middle(costs);
}

function middle(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1]!;
}

function print(what: string, nanoseconds: number): void {
  process.stdout.write(`${what}: ${nanoseconds.toFixed(0)} ns\n`);
}
