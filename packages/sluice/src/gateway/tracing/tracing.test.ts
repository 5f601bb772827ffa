/** What a worker records and passes on, over real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TracingPlan } from '../../config/observe-plan.ts';
import type { ServicePlan } from '../../config/plan.ts';
import { parseTraceParent } from '../../core/tracing/trace-context.ts';
import { freePort } from '../../io/ports.ts';
import { ask, reply } from '../../../test/support/cache-origin.ts';
import { stage } from '../../../test/support/cache-stage.ts';
import { planeTo, startPlane } from '../../../test/support/data-plane.ts';
import { grpcClient, grpcServer } from '../../../test/support/grpc.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { rawExchange, statuses } from '../../../test/support/raw-exchange.ts';
import { type RecordedRequest, startRecordingOrigin } from '../../../test/support/recording-origin.ts';
import { type SentSpan, type SentTrace, tracesIn } from '../../../test/support/sent-spans.ts';
import { type ServicePlane, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const NOTHING: TracingPlan = { sample: 0, trustParent: true, keepErrors: false, keepSlowest: 0, isExported: true };
const ALL: TracingPlan = { ...NOTHING, sample: 1 };
const ERRORS: TracingPlan = { ...NOTHING, keepErrors: true };
/** Of a whole configuration; nobody listens there, and workers do not send by themselves. */
const OTLP = { url: 'http://127.0.0.1:4318' };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

function get(...lines: readonly string[]): string {
  return ['GET /a?token=1 HTTP/1.1', 'Host: shop.example:8080', 'Connection: close', ...lines, '', ''].join('\r\n');
}

/** What was kept so far. */
function kept(world: ServicePlane): readonly SentTrace[] {
  world.advance(0);
  return tracesIn(world.said);
}

function valueOf({ fields }: RecordedRequest, name: string): readonly string[] {
  return fields.filter(([each]) => each === name).map(([, value]) => value);
}

function parentOf(request: RecordedRequest): string {
  return parseTraceParent(valueOf(request, 'traceparent').join())!.parentId;
}

function attempts({ spans }: SentTrace): readonly SentSpan[] {
  return spans.filter(({ kind }) => kind === 3);
}

function firstFit(ports: readonly number[], more: Partial<ServicePlan> = {}): ServicePlan {
  const { balance } = servicePlan('x', []);
  return servicePlan(
    'web',
    ports.map((port) => `127.0.0.1:${port}`),
    { balance: { ...balance, algorithm: 'first-fit' }, ...more },
  );
}

test('with tracing off the fields of a trace pass like any other, and nothing is recorded', async () => {
  await using origin = await startRecordingOrigin();
  await using world = await startServicePlane([firstFit([origin.port])]);
  const odd = ['traceparent: nonsense', 'traceparent: more', 'tracestate: A=b', 'baggage: x=1'];
  await rawExchange(world.port, get(...odd));
  const [request] = origin.requests;
  assert.deepEqual(
    odd.filter((line) => request!.head.includes(line)),
    odd,
  );
  assert.deepEqual(kept(world), []);
});

test('the trace of the client goes on: its id, state and baggage pass, our attempt is the parent', async () => {
  await using origin = await startRecordingOrigin();
  await using world = await startServicePlane([firstFit([origin.port])], undefined, { plan: { tracing: NOTHING } });
  await rawExchange(world.port, get(`traceparent: 00-${TRACE}-${PARENT}-01`, 'tracestate: a=1', 'tracestate: b=2', 'baggage: user=7'));
  const [trace] = kept(world);
  assert.deepEqual([trace?.traceId, trace?.traceState, trace?.reason], [TRACE, 'a=1,b=2', 'parent']);
  const [server, client] = trace!.spans;
  assert.deepEqual([server!.kind, server!.parentId, server!.name, server!.error], [2, PARENT, 'GET all', '']);
  assert.deepEqual([client!.kind, client!.parentId, client!.name], [3, server!.spanId, 'GET']);
  const [request] = origin.requests;
  assert.deepEqual(valueOf(request!, 'traceparent'), [`00-${TRACE}-${client!.spanId}-01`]);
  assert.deepEqual(valueOf(request!, 'tracestate'), ['a=1,b=2']);
  assert.deepEqual(valueOf(request!, 'baggage'), ['user=7']);
  const { attributes } = server!;
  assert.equal(attributes['url.path'], '/a');
  assert.deepEqual(
    Object.values(attributes).filter((value) => String(value).includes('token')),
    [],
  );
  assert.deepEqual([attributes['http.response.status_code'], attributes['http.route'], attributes['sluice.service']], [200, 'all', 'web']);
  assert.deepEqual([client!.attributes['server.address'], client!.attributes['server.port']], ['127.0.0.1', origin.port]);
  assert.ok(server!.startMs <= client!.startMs && client!.endMs <= server!.endMs, JSON.stringify(trace));
});

test('a client that does not sample its trace is not overruled by the share, and the service hears so', async () => {
  await using origin = await startRecordingOrigin();
  await using world = await startServicePlane([firstFit([origin.port])], undefined, { plan: { tracing: ALL } });
  await rawExchange(world.port, get(`traceparent: 00-${TRACE}-${PARENT}-00`));
  assert.match(valueOf(origin.requests[0]!, 'traceparent').join(), new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  assert.deepEqual(kept(world), []);
});

test('a trace that is no valid one, or two of them, begins anew without the state', async () => {
  await using origin = await startRecordingOrigin();
  await using world = await startServicePlane([firstFit([origin.port])], undefined, { plan: { tracing: ALL } });
  const good = `traceparent: 00-${TRACE}-${PARENT}-01`;
  await rawExchange(world.port, get(good, good, 'tracestate: a=1'));
  await rawExchange(world.port, get(good.toUpperCase(), 'tracestate: a=1'));
  const traces = kept(world);
  assert.deepEqual(
    traces.map(({ reason, spans }) => [reason, spans[0]!.parentId]),
    [
      ['sample', ''],
      ['sample', ''],
    ],
  );
  for (const [index, request] of origin.requests.entries()) {
    assert.notEqual(traces[index]!.traceId, TRACE);
    assert.match(valueOf(request, 'traceparent').join('|'), new RegExp(`^00-${traces[index]!.traceId}-[0-9a-f]{16}-03$`));
    assert.deepEqual(valueOf(request, 'tracestate'), []);
  }
});

test('an invalid tracestate is dropped, the trace goes on; baggage beyond the bounds does not pass', async () => {
  await using origin = await startRecordingOrigin();
  await using world = await startServicePlane([firstFit([origin.port])], undefined, { plan: { tracing: NOTHING } });
  const baggage = `baggage: ${Array.from({ length: 181 }, (_, index) => `k${index}=1`).join(',')}`;
  await rawExchange(world.port, get(`traceparent: 00-${TRACE}-${PARENT}-01`, 'tracestate: BAD=1', baggage));
  const [request] = origin.requests;
  assert.match(valueOf(request!, 'traceparent').join(), new RegExp(`^00-${TRACE}-`));
  assert.deepEqual([valueOf(request!, 'tracestate'), valueOf(request!, 'baggage')], [[], []]);
});

test('what strangers say of a trace is dropped', async () => {
  await using origin = await startRecordingOrigin();
  const tracing = { ...NOTHING, trustParent: false };
  await using world = await startServicePlane([firstFit([origin.port])], undefined, { plan: { tracing } });
  await rawExchange(world.port, get(`traceparent: 00-${TRACE}-${PARENT}-01`, 'tracestate: a=1', 'baggage: x=1'));
  const [request] = origin.requests;
  assert.match(valueOf(request!, 'traceparent').join('|'), /^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
  assert.ok(!request!.head.includes(TRACE));
  assert.deepEqual([valueOf(request!, 'tracestate'), valueOf(request!, 'baggage')], [[], []]);
  assert.deepEqual(kept(world), []);
});

test('each attempt of a retried exchange is a span, and the service hears of its own', async () => {
  const refused = await freePort('127.0.0.1');
  await using origin = await startRecordingOrigin();
  await using world = await startServicePlane([firstFit([refused, origin.port])], undefined, { plan: { tracing: ALL } });
  await rawExchange(world.port, get());
  const [failed, good] = attempts(kept(world)[0]!);
  assert.deepEqual([failed!.error, failed!.attributes['http.request.resend_count']], ['upstream-connect', undefined]);
  assert.deepEqual(
    [good!.error, good!.attributes['http.request.resend_count'], good!.attributes['http.response.status_code']],
    ['', 1, 200],
  );
  assert.equal(parentOf(origin.requests[0]!), good!.spanId);
});

test('a hedge is an attempt of its own; the copy that lost is left unfinished', async () => {
  await using slow = await hostileOrigin(() => {});
  await using quick = await startRecordingOrigin();
  const service = firstFit([slow.port, quick.port], { hedge: { percentile: 95, delayMinMs: 20, budgetShare: 1 } });
  await using world = await startServicePlane([service], undefined, { plan: { tracing: ALL } });
  world.table.hedgeDelayMs[0] = 20;
  await rawExchange(world.port, get());
  const [lost, won] = attempts(kept(world)[0]!);
  assert.deepEqual(
    [lost!.attributes['sluice.unfinished'], won!.attributes['sluice.hedge'], won!.attributes['sluice.unfinished']],
    [true, true, undefined],
  );
  assert.equal(parentOf(quick.requests[0]!), won!.spanId);
  assert.ok(slow.connections[0]!.received.includes(lost!.spanId));
});

test('what fails is kept whatever the share: a 5xx, and a reply that is cut', async () => {
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    const head = connection.index === 0 ? '500 No\r\nContent-Length: 0' : '200 OK\r\nContent-Length: 10';
    connection.write(`HTTP/1.1 ${head}\r\n\r\n${connection.index === 0 ? '' : 'half'}`);
    connection.reset();
  });
  await using world = await startServicePlane([firstFit([origin.port])], undefined, { plan: { tracing: ERRORS } });
  await rawExchange(world.port, get());
  await rawExchange(world.port, get());
  await eventually(2_000, 'both are kept', () => kept(world).length === 2);
  assert.deepEqual(
    kept(world).map(({ reason, spans }) => [reason, spans[0]!.error]),
    [
      ['error', '500'],
      ['error', 'upstream-reset'],
    ],
  );
});

test('the slowest of a route is kept, the others are not', async () => {
  await using origin = await startRecordingOrigin();
  const plane = await startPlane(planeTo(origin.port, { otlp: OTLP, tracing: { sample: 0, keepErrors: false, keepSlowest: '10%' } }));
  await using _ = plane;
  for (let round = 0; round < 20; round++) await ask(plane.port, '/quick');
  await using slow = await hostileOrigin(async (connection) => {
    await connection.head();
    plane.advance(200);
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  await plane.reload(planeTo(slow.port, { otlp: OTLP, tracing: { sample: 0, keepErrors: false, keepSlowest: '10%' } }));
  await ask(plane.port, '/slow');
  plane.advance(0);
  assert.deepEqual(
    tracesIn(plane.said).map(({ reason, spans }) => [reason, spans[0]!.attributes['url.path'], spans[0]!.endMs - spans[0]!.startMs]),
    [['slow', '/slow', 200]],
  );
});

test('a cache tells what it did; a hit has no attempts', async () => {
  await using world = await stage({}, { otlp: OTLP, tracing: { sample: '100%' } });
  world.origin.on('/a', reply({ 'cache-control': 'max-age=60' }));
  await ask(world.plane.port, '/a');
  await ask(world.plane.port, '/a');
  world.plane.advance(0);
  const traces = tracesIn(world.plane.said);
  assert.deepEqual(
    traces.map(({ spans }) => spans.map(({ name }) => name)),
    [
      [traces[0]!.spans[0]!.name, 'cache miss', 'GET'],
      [traces[1]!.spans[0]!.name, 'cache hit-memory'],
    ],
  );
});

test('a gRPC call names its method and status', async (t) => {
  const { port } = await grpcServer(t, { unary: (_call, answer) => answer({ code: 13, details: 'no' }) });
  const services = {
    origin: { endpoints: [`127.0.0.1:${port}`], protocol: 'http2' as const, outlier: false as const, retry: false as const },
  };
  const plane = await startPlane({ services, routes: [{ path: '/*', to: 'origin' }], tracing: { sample: 0 }, otlp: OTLP });
  t.after(() => plane[Symbol.asyncDispose]());
  await grpcClient(t, plane.port).unary('x');
  plane.advance(0);
  const [trace] = tracesIn(plane.said);
  const { attributes, error } = trace!.spans[0]!;
  assert.deepEqual([trace!.reason, error, attributes['network.protocol.version']], ['error', '13', '2']);
  assert.deepEqual(
    [attributes['rpc.system'], attributes['rpc.service'], attributes['rpc.method'], attributes['rpc.grpc.status_code']],
    ['grpc', 'test.Echo', 'Unary', 13],
  );
});

test('a filter that answers is a span of its own', async () => {
  await using origin = await startRecordingOrigin();
  await using plane = await startPlane(
    planeTo(origin.port, { filters: [{ ip: { allow: ['10.0.0.0/8'] } }], otlp: OTLP, tracing: { sample: '100%' } }),
  );
  await ask(plane.port, '/');
  plane.advance(0);
  const [trace] = tracesIn(plane.said);
  assert.deepEqual(
    trace!.spans.slice(1).map(({ name, kind, attributes }) => [name, kind, attributes['sluice.answered']]),
    [['filter ip', 1, true]],
  );
});

test('a worker keeps at most 512 traces until they are sent, and counts the others', async () => {
  const service = servicePlan('web', []);
  await using world = await startServicePlane([service], undefined, { plan: { tracing: ERRORS } });
  const many = get().replace('Connection: close\r\n', '').repeat(599) + get();
  assert.equal(statuses((await rawExchange(world.port, many)).text).length, 600);
  assert.equal(kept(world).length, 512);
  const messages = world.said.filter((message) => message.type === 'traced');
  assert.ok(messages.every(({ batches }) => batches.every(({ spans }) => spans <= 98)));
  assert.equal(
    messages.reduce((sum, { dropped }) => sum + dropped, 0),
    88,
  );
});

test('where spans go nowhere none are written, and the service hears of the trace all the same', async () => {
  await using origin = await startRecordingOrigin();
  const tracing = { ...ALL, isExported: false };
  await using world = await startServicePlane([firstFit([origin.port])], undefined, { plan: { tracing } });
  await rawExchange(world.port, get());
  assert.match(valueOf(origin.requests[0]!, 'traceparent').join('|'), /^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
  world.advance(0);
  assert.deepEqual(
    world.said.filter(({ type }) => type === 'traced'),
    [],
  );
});
