/** Services that sleep: the first request waits for the start and is answered, by whatever protocol; and what that costs beyond the program's own start. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { freePort } from '../../src/io/ports.ts';
import { APP, startFleet, type FleetSite } from '../support/fleet-site.ts';
import { getOnce } from '../support/load.ts';
import { grpcClient } from '../support/grpc.ts';
import { within } from '../support/waiting.ts';

const RUN = { command: APP, ready: { http: '/', interval: '1s' }, drain: '1s', stop: '1s' };
const SLEEPY = { min: 0, max: 2, idle: '1s', scale: [{ signal: 'in-flight', target: 100 }] };
const GRPC_APP = [process.execPath, fileURLToPath(new URL('../support/grpc-server.main.ts', import.meta.url))];
/** Generous: the machine does other things, too. Quiet, it is a tenth of it. */
const BEYOND_MAX_MS = 1_500;

async function asleep(site: FleetSite): Promise<void> {
  await site.until('it sleeps', ({ isAsleep, instances }) => isAsleep && instances.length === 0);
}

/** From the start of the program until it has answered, without us; the median of three. */
async function ownStartMs(): Promise<number> {
  const took: number[] = [];
  for (let run = 0; run < 3; run++) {
    const port = await freePort('127.0.0.1');
    const startedAt = performance.now();
    const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1', SLUICE_INSTANCE: 'app.0', SLUICE_VERSION: 'v0' };
    const child = spawn(APP[0]!, APP.slice(1), { stdio: 'ignore', env });
    while (!(await connects(port))) await sleep(2);
    await getOnce(`http://127.0.0.1:${port}/`);
    took.push(performance.now() - startedAt);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  return took.toSorted((a, b) => a - b)[1]!;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (isUp: boolean) => (): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function echo(url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`);
  await within(10_000, 'a greeting', once(socket, 'message'));
  socket.send('hello');
  const [data] = (await within(10_000, 'an echo', once(socket, 'message'))) as [Buffer];
  assert.equal(data.toString(), 'hello');
  socket.close();
  await once(socket, 'close');
}

test('a request and a WebSocket wake a service; what that costs beyond its own start', { timeout: 60_000 }, async (t: TestContext) => {
  const own = await ownStartMs();
  const site = await startFleet(t, { run: RUN, replicas: SLEEPY }, 1);
  const beyond: number[] = [];
  for (let run = 0; run < 3; run++) {
    await asleep(site);
    const tookMs = await timed(async () => assert.equal((await getOnce(site.url)).status, 200));
    beyond.push(Math.round(tookMs - own));
  }
  await asleep(site);
  beyond.push(Math.round((await timed(() => echo(site.url))) - own));
  t.diagnostic(`cold starts beyond the program's own ${Math.round(own)} ms: ${beyond.join(', ')} ms (the last one a WebSocket)`);
  assert.ok(Math.max(...beyond) < BEYOND_MAX_MS, `${beyond.join(', ')} ms`);
  // A deploy while it sleeps starts nothing, and is what the next one runs.
  await asleep(site);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  await asleep(site);
  assert.equal((JSON.parse((await getOnce(site.url)).body) as { version: string }).version, 'v2');
});

test('a gRPC call wakes its service', { timeout: 60_000 }, async (t) => {
  const run = { command: GRPC_APP, ready: { tcp: true }, drain: '1s', stop: '1s' };
  const site = await startFleet(t, { run, replicas: SLEEPY, protocol: 'http2' }, 1);
  await asleep(site);
  const client = grpcClient(t, Number(new URL(site.url).port));
  const { code, message } = await within(20_000, 'a reply', client.unary(Buffer.from('hello')));
  assert.deepEqual([code, String(message)], [0, 'hello']);
});

test('five hundred that wait at once are all answered', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: SLEEPY }, 1);
  await asleep(site);
  const replies = await Promise.all(Array.from({ length: 500 }, () => getOnce(site.url)));
  assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
});

test('who finds the car park full is told when to come again; the others are answered', { timeout: 60_000 }, async (t) => {
  const run = { ...RUN, env: { START_MS: '1500' } };
  const site = await startFleet(t, { run, replicas: { ...SLEEPY, park: { requests: 20 } } }, 1);
  await asleep(site);
  const replies = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const reply = await fetch(site.url, { headers: { connection: 'close' } });
      await reply.text();
      return reply;
    }),
  );
  const refused = replies.filter(({ status }) => status === 503);
  // Two workers may pass the bound by one.
  assert.ok(refused.length >= 39 && refused.length <= 40, `${refused.length} of 60 were refused`);
  for (const reply of refused) assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/);
  assert.equal(replies.filter(({ status }) => status === 200).length, 60 - refused.length);
});

test('an instance that never comes: 503 after the wait', { timeout: 60_000 }, async (t) => {
  const run = { command: [process.execPath, '--eval', 'setInterval(() => {}, 1000)'], ready: { tcp: true, within: '20s' }, stop: '1s' };
  const site = await startFleet(t, { run, replicas: { ...SLEEPY, initial: 0, park: { wait: '1s' } } }, 0);
  await asleep(site);
  const startedAt = performance.now();
  const reply = await fetch(site.url);
  const tookMs = performance.now() - startedAt;
  assert.equal(reply.status, 503);
  assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/);
  assert.ok(tookMs >= 1_000 && tookMs < 4_000, `after ${Math.round(tookMs)} ms`);
});
