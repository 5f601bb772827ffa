/** gRPC under load while servers die or leave, and while a gateway leaves. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/io/ports.ts';
import { type EchoClient, grpcClient } from '../support/grpc.ts';
import { type GatewayConfig, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const program = fileURLToPath(new URL('../support/grpc-server.main.ts', import.meta.url));
const LANES = 20;
const limit = { timeout: 60_000 };

interface ServerProcess {
  readonly port: number;
  readonly child: ChildProcess;
}

async function serverProcess(context: TestContext): Promise<ServerProcess> {
  const port = await freePort('127.0.0.1');
  const child = spawn(process.execPath, [program, String(port)], { stdio: 'ignore' });
  context.after(() => child.kill('SIGKILL'));
  const client = grpcClient(context, port);
  await eventually(10_000, 'the server answers', async () => (await client.unary('x')).code === 0);
  return { port, child };
}

function configOf(servers: readonly ServerProcess[]): GatewayConfig {
  return {
    services: { echo: { endpoints: servers.map(({ port }) => `127.0.0.1:${port}`), protocol: 'http2', balance: 'least-connections' } },
    routes: [{ grpc: 'test.Echo/*', to: 'echo' }],
    workers: 1,
  };
}

interface Load {
  readonly counts: { done: number; failed: string[] };
  /** Waits until that many more calls have ended. */
  more(calls: number): Promise<void>;
  stop(): Promise<void>;
}

/** Lanes that call again and again, one call at a time each. */
function startLoad(client: EchoClient): Load {
  const counts = { done: 0, failed: [] as string[] };
  let isOver = false;
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const { code, details } = await client.unary('x');
      counts.done++;
      if (code !== 0) counts.failed.push(`${code} ${details}`);
    }
  };
  const lanes = Array.from({ length: LANES }, lane);
  return {
    counts,
    async more(calls) {
      const target = counts.done + calls;
      await eventually(20_000, `${calls} more calls end`, () => counts.done >= target);
    },
    async stop() {
      isOver = true;
      await Promise.all(lanes);
    },
  };
}

test('a server that is killed takes at most the calls with it that it had', limit, async (context) => {
  const servers = await Promise.all([serverProcess(context), serverProcess(context)]);
  await using gateway = await startGateway(configOf(servers));
  const load = startLoad(grpcClient(context, gateway.port));
  await load.more(300);
  servers[0].child.kill('SIGKILL');
  await once(servers[0].child, 'exit');
  await load.more(600);
  await load.stop();
  const { failed } = load.counts;
  assert.ok(failed.length <= LANES, `${failed.length} calls failed: ${failed.join(', ')}`);
  assert.ok(
    failed.every((each) => each.startsWith('14 ')),
    failed.join(', '),
  );
});

test('a server that leaves with a GOAWAY takes no call with it', limit, async (context) => {
  const servers = await Promise.all([serverProcess(context), serverProcess(context)]);
  await using gateway = await startGateway(configOf(servers));
  const load = startLoad(grpcClient(context, gateway.port));
  await load.more(300);
  servers[0].child.kill('SIGTERM');
  await once(servers[0].child, 'exit');
  await load.more(600);
  await load.stop();
  assert.deepEqual(load.counts.failed, []);
});

test('a gateway that leaves takes no call with it, when there is another', limit, async (context) => {
  const server = await serverProcess(context);
  await using leaving = await startGateway(configOf([server]));
  await using staying = await startGateway(configOf([server]));
  const target = `ipv4:127.0.0.1:${leaving.port},127.0.0.1:${staying.port}`;
  // What the client itself has not sent when the GOAWAY comes it starts anew, as gRPC asks ("transparent retry"); nothing that was sent is tried again.
  const load = startLoad(grpcClient(context, target, { 'grpc.enable_retries': 1 }));
  await load.more(300);
  leaving.signal('SIGTERM');
  assert.equal(await leaving.exited, 0);
  await load.more(600);
  await load.stop();
  assert.deepEqual(load.counts.failed, []);
});
