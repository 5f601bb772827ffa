/**
 * Workers that leave and come, under load. A closing SO_REUSEPORT socket takes connections with it that are just being opened, unless the kernel hands them
 * to another worker (`net.ipv4.tcp_migrate_req=1`, Linux 5.14). So: connections in use are never lost, on any kernel; and with that setting, tried in
 * a network namespace of the test's own where it may make one, fresh ones are not lost either.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startGateway } from '../support/gateway.ts';
import { startInstance } from '../support/instances.ts';
import { describeFailures, startSteadyLoad } from '../support/steady-load.ts';
import { within } from '../support/waiting.ts';

const LIMIT = { timeout: 60_000 };
const SETTING = '/proc/sys/net/ipv4/tcp_migrate_req';
const isInside = process.env['SLUICE_TEST_NAMESPACE'] === '1';
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** @param countsFresh Also requests that were the first on their connection must not fail. */
async function comeAndGo(countsFresh: boolean): Promise<void> {
  await using one = await startInstance('one');
  const config = (workers: number) => ({ services: { web: { endpoints: [one.address] } }, routes: [{ path: '/*', to: 'web' }], workers });
  await using gateway = await startGateway(config(2));
  const load = startSteadyLoad({ port: gateway.port, connections: 16, reuse: (lane) => lane % 2 === 0, pauseMs: 2 });
  for (let round = 0; round < 10; round++) {
    await gateway.reload(config(round % 2 === 0 ? 1 : 2));
    await within(10_000, 'requests go on', load.more(300));
  }
  const counts = await load.stop();
  const failures = counts.failures.filter(({ isFirst }) => countsFresh || !isFirst);
  assert.deepEqual(failures, [], describeFailures(counts));
}

if (isInside) {
  test('with tcp_migrate_req, fresh connections are handed to the workers that stay', LIMIT, () => comeAndGo(true));
} else {
  test('each connection of a leaving worker is told to close, and none in use is lost', LIMIT, () => comeAndGo(false));

  test(
    'in a namespace with tcp_migrate_req',
    { ...LIMIT, skip: isRoot ? false : 'needs root on Linux to make a network namespace' },
    async () => {
      const file = fileURLToPath(import.meta.url);
      const script = `ip link set lo up && echo 1 > ${SETTING} && exec "$0" "$1"`;
      const child = spawn('unshare', ['-n', 'sh', '-c', script, process.execPath, file], {
        env: { ...process.env, SLUICE_TEST_NAMESPACE: '1', NODE_TEST_CONTEXT: '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      const code = await new Promise((resolve) => child.once('close', resolve));
      assert.equal(code, 0, output);
      assert.match(output, /pass 1/);
    },
  );
}
