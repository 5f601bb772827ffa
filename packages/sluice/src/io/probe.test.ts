import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { AddressPlan, HealthPlan } from '../config/plan.ts';
import { eventually } from '../../test/support/waiting.ts';
import { nodeAskAgent } from './agent-check.ts';
import { nodeProbe } from './node-probe.ts';
import type { HttpCheck } from './probe-http.ts';
import type { ProbeResult } from './probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'probe-'));
after(() => rmSync(folder, { recursive: true }));

const HTTP: HttpCheck = { kind: 'http', method: 'GET', path: '/healthz', host: null, headers: [], statuses: [[200, 399]], body: null };

function plan(check: HealthPlan['check']): HealthPlan {
  return { check, port: null, intervalMs: 1_000, fastIntervalMs: 500, timeoutMs: 500, jitter: 0, rise: 1, fall: 1, initial: 'up' };
}

async function listening(context: TestContext, server: Server, path?: string): Promise<AddressPlan> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => (path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve)));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path === undefined ? { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port } : { kind: 'unix', path };
}

/** A server that answers whatever comes with these bytes, in these pieces, and closes if told to. */
function answering(pieces: readonly string[], closes = true): Server {
  return createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      void (async () => {
        for (const piece of pieces) {
          socket.write(piece);
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (closes) socket.end();
      })();
    });
  });
}

function ask(address: AddressPlan, check: HealthPlan['check'], signal = AbortSignal.timeout(2_000)): Promise<ProbeResult> {
  return nodeProbe({ service: 'web', endpoint: 'name:1', address, tls: null, protocol: 'http1' }, plan(check), signal);
}

test('an HTTP probe sends a request that a real server reads, and takes its status', async (context) => {
  const seen: unknown[] = [];
  const server = createHttpServer((request, response) => {
    seen.push([request.method, request.url, request.headers.host, request.headers['x-probe'], request.headers['user-agent']]);
    response.statusCode = request.url === '/healthz' ? 204 : 503;
    response.end();
  });
  const address = await listening(context, server);
  assert(address.kind === 'tcp');
  assert.deepEqual(await ask(address, { ...HTTP, headers: [['X-Probe', 'yes']] }), { passed: true, detail: '204' });
  assert.deepEqual(await ask(address, { ...HTTP, path: '/other', host: 'example.com', method: 'HEAD' }), {
    passed: false,
    detail: 'status 503, expected 200-399',
  });
  assert.deepEqual(seen, [
    ['GET', '/healthz', `127.0.0.1:${address.port}`, 'yes', 'sluice-probe'],
    ['HEAD', '/other', 'example.com', undefined, 'sluice-probe'],
  ]);
});

test('it goes over a unix socket, too', async (context) => {
  const server = createHttpServer((request, response) => response.end(request.headers.host));
  const address = await listening(context, server, join(folder, 'http.sock'));
  assert.equal((await ask(address, { ...HTTP, body: 'localhost' })).passed, true);
});

test('a body is found over chunk borders, and looked for only as far as the reply goes', async (context) => {
  const server = createHttpServer((_request, response) => {
    response.write('{"status":"he');
    setImmediate(() => response.end('althy"}'));
  });
  const address = await listening(context, server);
  assert.deepEqual(await ask(address, { ...HTTP, body: 'healthy' }), { passed: true, detail: '200, body as expected' });
  assert.deepEqual(await ask(address, { ...HTTP, body: 'sick' }), { passed: false, detail: 'status 200, but the body has no "sick"' });
});

test('text beyond the first 64 KiB does not count, and the rest is not waited for', async (context) => {
  const filler = 'x'.repeat(64 * 1024);
  const endless = await listening(context, answering(['HTTP/1.1 200 OK\r\n\r\n', filler, 'needle'], false));
  assert.equal((await ask(endless, { ...HTTP, body: 'needle' })).passed, false);
  const early = await listening(context, answering(['HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n', 'a needle'], false));
  assert.equal((await ask(early, { ...HTTP, body: 'needle' })).passed, true);
});

test('interim responses are skipped, and the status is enough without a body to look for', async (context) => {
  const address = await listening(context, answering(['HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2', '00 OK\r\n', 'A: b\r\n\r\n'], false));
  assert.deepEqual(await ask(address, HTTP), { passed: true, detail: '200' });
});

test('what is no HTTP response fails with what came instead', async (context) => {
  const ssh = await listening(context, answering(['SSH-2.0-OpenSSH_9.2\r\n'], false));
  assert.match((await ask(ssh, HTTP)).detail, /no HTTP\/1\.x response: it starts with "SSH-2\.0/);
  const cut = await listening(context, answering(['HTTP/1.1 200 OK\r\nA: ']));
  assert.equal((await ask(cut, HTTP)).detail, 'connection closed before the reply was complete');
  const huge = await listening(context, answering([`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(40_000)}`], false));
  assert.match((await ask(huge, HTTP)).detail, /head is above 32768 bytes/);
});

test('a refused connection and a missing socket are failures with their cause', async (context) => {
  const server = createServer();
  const address = await listening(context, server);
  await new Promise((resolve) => server.close(resolve));
  assert.match((await ask(address, { kind: 'tcp' })).detail, /ECONNREFUSED/);
  assert.match((await ask({ kind: 'unix', path: join(folder, 'none.sock') }, HTTP)).detail, /ENOENT/);
});

test('a TCP probe passes when the connection stands', async (context) => {
  const address = await listening(context, createServer());
  assert.deepEqual(await ask(address, { kind: 'tcp' }), { passed: true, detail: 'connected' });
});

test('an aborted probe ends at once with the reason, and leaves no connection', async (context) => {
  let open = 0;
  const server = createServer((socket) => {
    open += 1;
    socket.on('error', () => {}).on('close', () => (open -= 1));
    controller.abort(new Error('no answer within 5 ms'));
    socket.resume();
  });
  const controller = new AbortController();
  const address = await listening(context, server);
  assert.deepEqual(await ask(address, HTTP, controller.signal), { passed: false, detail: 'no answer within 5 ms' });
  await eventually(2_000, 'the connection is closed', () => open === 0);
});

test('a command gets its endpoint in the environment, and its exit code counts', async () => {
  const script =
    'require("fs").writeFileSync(process.argv[1], [process.env.SLUICE_SERVICE, process.env.SLUICE_ENDPOINT, process.env.SLUICE_HOST, process.env.SLUICE_PORT].join(" "))';
  const file = join(folder, 'environment');
  const command = [process.execPath, '-e', script, file];
  const address: AddressPlan = { kind: 'tcp', host: '10.0.0.1', port: 80 };
  assert.deepEqual(await ask(address, { kind: 'command', command }), { passed: true, detail: 'exit 0' });
  assert.equal(readFileSync(file, 'utf8'), 'web name:1 10.0.0.1 80');
  const failing = [process.execPath, '-e', 'process.stderr.write("disk full\\nmore"); process.exitCode = 3'];
  assert.deepEqual(await ask(address, { kind: 'command', command: failing }), { passed: false, detail: 'exit 3: disk full' });
});

test('a command is no shell line, and one that does not exist is a failure', async () => {
  const address: AddressPlan = { kind: 'unix', path: '/x' };
  assert.match((await ask(address, { kind: 'command', command: ['echo a; exit 0'] })).detail, /cannot run "echo a; exit 0": .*ENOENT/);
});

test('a command that takes too long is killed with all that it started', async () => {
  const file = join(folder, 'pids');
  const script = join(folder, 'slow.sh');
  writeFileSync(script, 'sleep 60 &\necho $$ $! > "$1"\nwait\n');
  const controller = new AbortController();
  const result = ask({ kind: 'unix', path: '/x' }, { kind: 'command', command: ['sh', script, file] }, controller.signal);
  const pids = (): number[] => {
    try {
      return readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  };
  await eventually(5_000, 'the command has started', () => pids().length === 2);
  controller.abort(new Error('no answer within 500 ms'));
  assert.deepEqual(await result, { passed: false, detail: 'no answer within 500 ms' });
  await eventually(2_000, 'both processes are gone', () => pids().every((pid) => !isRunning(pid)));
});

function isRunning(pid: number): boolean {
  try {
    // A killed child of nobody's stays as a zombie where the machine has no reaper.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

test("an agent's line is read up to its end, in any pieces, or up to the close", async (context) => {
  const talking = (pieces: readonly string[], closes: boolean): Server =>
    createServer((socket) => {
      for (const piece of pieces) socket.write(piece);
      if (closes) socket.end();
    });
  const signal = AbortSignal.timeout(2_000);
  assert.equal(await nodeAskAgent(await listening(context, talking(['75% ', 'up\r\nmore'], false)), signal), '75% up');
  assert.equal(await nodeAskAgent(await listening(context, talking(['drain'], true)), signal), 'drain');
  await assert.rejects(nodeAskAgent(await listening(context, talking([], true)), signal), /closed without a line/);
  await assert.rejects(nodeAskAgent(await listening(context, talking(['x'.repeat(2_000)], false)), signal), /above 1024 bytes/);
});
