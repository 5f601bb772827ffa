/** gRPC with TLS on both sides of the real program, and its probes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { EchoClient, grpcServer } from '../support/grpc.ts';
import { startGateway } from '../support/gateway.ts';
import { tlsMaterial } from '../support/tls-material.ts';

test('calls and probes by TLS, verified on both sides', { timeout: 60_000 }, async (context) => {
  using material = await tlsMaterial();
  const edge = await material.leaf('edge', ['shop.example']);
  const inner = await material.leaf('inner', ['cart.internal']);
  const pair = { private_key: Buffer.from(inner.keyPem), cert_chain: Buffer.from(inner.certPem) };
  const { port } = await grpcServer(context, {}, 0, ServerCredentials.createSsl(null, [pair]));
  await using gateway = await startGateway({
    listener: { tls: { certificates: [edge.files] } },
    services: {
      cart: {
        endpoints: [`127.0.0.1:${port}`],
        protocol: 'http2',
        tls: { ca: material.caFile, serverName: 'cart.internal' },
        health: { tcp: true, initial: 'down', interval: '200ms', timeout: '200ms', rise: 1 },
      },
    },
    routes: [{ grpc: 'test.Echo/*', hosts: 'shop.example', to: 'cart' }],
    workers: 2,
  });
  const name = { 'grpc.ssl_target_name_override': 'shop.example', 'grpc.default_authority': 'shop.example' };
  const client = new EchoClient(gateway.port, name, credentials.createSsl(Buffer.from(material.authority.certPem)));
  context.after(() => client.close());
  let last = await client.unary('x');
  for (let tries = 0; last.code !== 0 && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100)); // its first probe is under way
    last = await client.unary('x');
  }
  assert.deepEqual([last.code, String(last.message)], [0, 'x']);
  const results = await Promise.all(Array.from({ length: 50 }, (_, index) => client.unary(String(index))));
  assert.deepEqual(
    results.map(({ message }) => String(message)),
    results.map((_, index) => String(index)),
  );
  assert.match(await (await gateway.admin('/metrics')).text(), /^sluice_service_grpc_total\{service="cart",status="OK"\} 5\d$/m);
});
