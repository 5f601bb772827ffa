/** Load reports of applications: noted where they are used, shown to nobody. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Algorithm } from '../../core/balancing/algorithm.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { rawExchange } from '../../../test/support/raw-exchange.ts';
import { startServicePlane } from '../../../test/support/service-plane.ts';

async function reported(algorithm: Algorithm, report: string): Promise<number> {
  await using origin = await hostileOrigin(`HTTP/1.1 200 OK\r\nEndpoint-Load-Metrics: ${report}\r\nContent-Length: 2\r\n\r\nok`);
  const balance = { ...servicePlan('x', []).balance, algorithm };
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], { balance })]);
  const { text } = await rawExchange(world.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert(!/load-metrics/i.test(text), text);
  return world.table.reportedCpu[0]!;
}

test('a report is noted where the algorithm reads it, and never passed on', async () => {
  assert.equal(await reported('resource', 'TEXT cpu_utilization=0.25'), 0.25);
  assert.equal(await reported('prequal', 'JSON {"cpu_utilization": 0.5}'), 0.5);
  assert.equal(await reported('p2c', 'TEXT cpu_utilization=0.25'), -1);
});

test('a report that is none changes nothing', async () => {
  assert.equal(await reported('resource', 'nonsense'), -1);
  assert.equal(await reported('resource', 'TEXT cpu_utilization=-1e999'), -1);
});
