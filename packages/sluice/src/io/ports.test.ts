import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { freePort, listenFault } from './ports.ts';

/** Another program on this machine. */
async function occupy(
  t: TestContext,
  where: { host: string; port: number; reusePort?: boolean } | { path: string },
): Promise<AddressInfo | string | null> {
  const server = createServer((socket) => socket.destroy());
  await once(server.listen(where), 'listening');
  t.after(() => server.close());
  return server.address();
}

test('a free port can be listened on, and is free again after the question', async () => {
  const port = await freePort('127.0.0.1');
  assert.equal(await listenFault({ kind: 'tcp', host: '127.0.0.1', port }), null);
  assert.equal(await listenFault({ kind: 'tcp', host: '127.0.0.1', port }), null);
});

for (const reusePort of [false, true]) {
  test(`an address in use is noticed, the other ${reusePort ? 'sharing its port' : 'not sharing it'}`, async (t) => {
    const { port } = (await occupy(t, { host: '127.0.0.1', port: 0, reusePort })) as AddressInfo;
    const fault = await listenFault({ kind: 'tcp', host: '127.0.0.1', port });
    assert.match(fault ?? '', new RegExp(`^127\\.0\\.0\\.1:${port} is in use by another program: .*another port`));
  });
}

test('an address of another machine is named as such', async () => {
  const fault = await listenFault({ kind: 'tcp', host: '192.0.2.1', port: 8_080 });
  assert.match(fault ?? '', /^192\.0\.2\.1:8080 is not an address of this machine/);
});

test('a unix socket is refused while somebody listens, and taken over when nobody does', { timeout: 10_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ports-'));
  t.after(() => rm(folder, { recursive: true }));
  const [used, stale] = [join(folder, 'used'), join(folder, 'stale')];
  await occupy(t, { path: used });
  assert.match((await listenFault({ kind: 'unix', path: used })) ?? '', /in use by another program/);
  const source = `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['--eval', source]), 'exit');
  assert.ok(existsSync(stale), 'a killed program leaves its socket behind');
  assert.equal(await listenFault({ kind: 'unix', path: stale }), null);
});

test('a file that is no socket is never removed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ports-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'precious');
  await writeFile(path, 'data');
  assert.match((await listenFault({ kind: 'unix', path })) ?? '', /is a file that is no socket/);
  assert.ok(existsSync(path));
});
