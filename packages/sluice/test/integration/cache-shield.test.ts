/** Three nodes of the real program that share the work of a cache. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ask } from '../support/cache-origin.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';

/** Answers everything, and counts. */
async function startOrigin(t: TestContext): Promise<{ readonly port: number; readonly counts: Map<string, number> }> {
  const counts = new Map<string, number>();
  const server = createServer((incoming, response) => {
    const url = incoming.url ?? '';
    counts.set(url, (counts.get(url) ?? 0) + 1);
    setTimeout(() => response.writeHead(200, { 'cache-control': 'max-age=600', 'content-length': url.length }).end(url), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, counts };
}

async function startNodes(t: TestContext, origin: number): Promise<readonly Gateway[]> {
  const services = { origin: { endpoints: [`127.0.0.1:${origin}`], outlier: false } } satisfies GatewayConfig['services'];
  const plain: GatewayConfig = { workers: 1, services, routes: [{ path: '/*', to: 'origin' }] };
  const nodes = await Promise.all([startGateway(plain), startGateway(plain), startGateway(plain)]);
  t.after(() => Promise.all(nodes.map((node) => node[Symbol.asyncDispose]())));
  const endpoints = nodes.map(({ port }) => `127.0.0.1:${port}`);
  for (const [index, node] of nodes.entries()) {
    const shield = { service: 'nodes', self: endpoints[index]!, secret: 'a secret of all nodes' };
    await node.reload({
      workers: 1,
      services: { ...services, nodes: { endpoints, balance: { algorithm: 'hash', table: 'rendezvous' } } },
      routes: [{ path: '/*', to: 'origin', filters: [{ cache: { shield } }] }],
    });
  }
  return nodes;
}

test('sixty clients that ask three nodes for what none has are one request to the service', { timeout: 90_000 }, async (t) => {
  const origin = await startOrigin(t);
  const nodes = await startNodes(t, origin.port);
  for (let page = 0; page < 10; page++) {
    const path = `/page-${page}`;
    const asked = nodes.flatMap(({ port }) => Array.from({ length: 20 }, () => ask(port, path, { headers: { host: 'www.example' } })));
    for (const { status, body } of await Promise.all(asked)) assert.deepEqual([status, body], [200, path]);
    assert.equal(origin.counts.get(path), 1, path);
  }
});

test('a node that is killed under load takes no request with it', { timeout: 90_000 }, async (t) => {
  const origin = await startOrigin(t);
  const [first, second, third] = (await startNodes(t, origin.port)) as [Gateway, Gateway, Gateway];
  let page = 0;
  let isOver = false;
  const wrong: string[] = [];
  const load = async ({ port }: Gateway): Promise<void> => {
    while (!isOver) {
      const path = `/page-${page++}`;
      const got = await ask(port, path, { headers: { host: 'www.example' } }).catch((error: Error) => ({
        status: 0,
        body: error.message,
        isCut: true,
      }));
      if (got.status !== 200 || got.body !== path || got.isCut) wrong.push(`${path}: ${got.status} ${got.body}`);
    }
  };
  const loads = [first, second].flatMap((node) => Array.from({ length: 8 }, () => load(node)));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = page;
  third.signal('SIGKILL');
  await third.exited;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  isOver = true;
  await Promise.all(loads);
  t.diagnostic(`${before} pages before the kill, ${page - before} after it`);
  assert.deepEqual(wrong, []);
  assert.ok(page - before > 100);
  assert.match(first.output() + second.output(), /a node of the shield cannot be used/);
});
