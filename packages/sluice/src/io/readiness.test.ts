import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { AddressPlan } from '../config/plan.ts';
import { probeReadiness } from './readiness.ts';

const TIMEOUT_MS = 2_000;

/** A server that writes this to whoever asks; null keeps silent. Remembers what it was asked. */
async function server(t: TestContext, reply: string | null, path: string | null = null): Promise<{ target: AddressPlan; asked: string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      asked.push(bytes.toString('latin1'));
      if (reply !== null) socket.end(reply);
    });
  });
  listener.listen(path === null ? { port: 0, host: '127.0.0.1' } : { path });
  await once(listener, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const address = listener.address();
  if (path !== null) return { target: { kind: 'unix', path }, asked };
  return { target: { kind: 'tcp', host: '127.0.0.1', port: (address as { port: number }).port }, asked };
}

const status = (code: number): string => `HTTP/1.1 ${code} Word\r\ncontent-length: 0\r\n\r\n`;

test('a status of 200 to 399 is an answer, any other is none', async (t) => {
  for (const [code, isUp] of [
    [200, true],
    [204, true],
    [302, true],
    [399, true],
    [400, false],
    [503, false],
  ] as const) {
    const { target } = await server(t, status(code));
    const answer = await probeReadiness({ target, probe: { kind: 'http', path: '/healthz' }, timeoutMs: TIMEOUT_MS });
    assert.equal(answer, isUp, String(code));
  }
});

test('the path is asked for, after interim replies the final one counts', async (t) => {
  const { target, asked } = await server(t, `HTTP/1.1 103 Early Hints\r\n\r\n${status(200)}`);
  assert.equal(await probeReadiness({ target, probe: { kind: 'http', path: '/well?x=1' }, timeoutMs: TIMEOUT_MS }), true);
  assert.match(asked[0] ?? '', /^GET \/well\?x=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
});

test('a unix socket is asked like an address', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'web.sock');
  const target = { kind: 'unix', path } as const;
  for (const probe of [{ kind: 'tcp' }, { kind: 'http', path: '/' }] as const) {
    assert.equal(await probeReadiness({ target, probe, timeoutMs: TIMEOUT_MS }), false, `${probe.kind}: nobody listens yet`);
  }
  const { asked } = await server(t, status(200), path);
  for (const probe of [{ kind: 'tcp' }, { kind: 'http', path: '/' }] as const) {
    assert.equal(await probeReadiness({ target, probe, timeoutMs: TIMEOUT_MS }), true, probe.kind);
  }
  assert.match(asked[0] ?? '', /\r\nHost: localhost\r\n/);
});

test('silence past the deadline, nonsense and a closed port are no answers', async (t) => {
  const silent = await server(t, null);
  const nonsense = await server(t, 'SSH-2.0-OpenSSH_9.6\r\n\r\n');
  const probe = { kind: 'http', path: '/' } as const;
  assert.equal(await probeReadiness({ target: silent.target, probe, timeoutMs: 50 }), false);
  assert.equal(await probeReadiness({ target: nonsense.target, probe, timeoutMs: TIMEOUT_MS }), false);
  // Port 1 (tcpmux) is never listened on by the machines that run this.
  const closed = { kind: 'tcp', host: '127.0.0.1', port: 1 } as const;
  assert.equal(await probeReadiness({ target: closed, probe: { kind: 'tcp' }, timeoutMs: TIMEOUT_MS }), false);
  assert.equal(await probeReadiness({ target: silent.target, probe: { kind: 'tcp' }, timeoutMs: TIMEOUT_MS }), true);
});

test('`none` asks nobody', async () => {
  const target = { kind: 'tcp', host: '127.0.0.1', port: 1 } as const;
  assert.equal(await probeReadiness({ target, probe: { kind: 'none' }, timeoutMs: TIMEOUT_MS }), true);
});
