/** The admin server and clients that mean no good, or are broken: what they reach, and what they hold. */
import { equal, match } from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { adminWorld } from '../../test/support/admin-app.ts';
import { adminOptions } from '../../test/support/admin-options.ts';
import { eventually } from '../../test/support/waiting.ts';
import type { AdminSettings } from '../config/observe-plan.ts';
import type { AdminBackend } from './backend.ts';
import { startAdmin, type AdminServer } from './server.ts';

const TOKEN = 'correct-horse-battery';

async function start(t: TestContext, settings: Partial<AdminSettings> = {}): Promise<AdminServer> {
  const server = await startAdmin(adminOptions(adminWorld().backend, settings));
  t.after(() => server.close());
  return server;
}

function portOf({ address }: AdminServer): number {
  return (address as { port: number }).port;
}

/** Sent as it is: no client of the web would send these paths and fields. */
function ask(server: AdminServer, method: string, path: string, headers: Record<string, string> = {}): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port: portOf(server), host: '127.0.0.1', method, path, headers });
    asked.once('response', (reply) => void reply.resume().once('end', () => resolve({ status: reply.statusCode ?? 0 })));
    asked.once('error', reject).end();
  });
}

test('security: what a link may open is the dashboard alone, however the path of the API is written', async (t) => {
  const server = await start(t);
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  equal((await ask(server, 'GET', '/', link)).status, 200);
  for (const path of ['/%61pi/status', '/x/../api/status', '/%6detrics', '/nowhere'])
    equal((await ask(server, 'GET', path, link)).status, 403, path);
  equal((await ask(server, 'GET', '/%61pi/status')).status, 200);
});

test('every request has an answer, even one whose target is no path', async (t) => {
  const server = await start(t, { token: TOKEN });
  const authorization = `Authorization: Bearer ${TOKEN}`;
  for (const [line, host] of [
    ['OPTIONS *', 'a'],
    ['GET /api/me', '['],
    ['GET /api/me', 'a b'],
    ['GET http://[/api/me', 'a'],
  ] as const) {
    const port = portOf(server);
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    t.after(() => socket.destroy());
    socket.write(`${line} HTTP/1.1\r\nHost: ${host}\r\n${authorization}\r\nConnection: close\r\n\r\n`);
    const text = (await socket.toArray()).join('');
    match(text, /^HTTP\/1\.1 400 /, `${line} ${host}`);
  }
});

test('a client that takes nothing of its reply is cut off, one that waits for a long answer is not', async (t) => {
  const { backend: usual } = adminWorld();
  const { promise: drained, resolve: drain } = Promise.withResolvers<void>();
  const backend: AdminBackend = {
    ...usual,
    metrics: () => ({ type: 'text/plain', body: 'x'.repeat(32 * 1_048_576) }),
    drain: () => drained.then(() => ({ result: 'drained', tookMs: 5 })),
  };
  const server = await startAdmin({ ...adminOptions(backend), stallMs: 200 });
  t.after(() => server.close());
  const port = portOf(server);
  const waiting = ask(server, 'POST', '/api/services/users/endpoints/a%3A1/drain');
  const stalled = connect(port, '127.0.0.1');
  stalled.write('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await new Promise((resolve) => stalled.once('readable', resolve)); // and reads no further
  stalled.on('error', () => {});
  // What is written to a connection that is gone is told with a reset.
  await eventually(5_000, 'the connection to be cut', () => (stalled.write('x'), stalled.destroyed));
  drain();
  equal((await waiting).status, 200);
});
