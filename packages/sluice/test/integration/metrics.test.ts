/** `/metrics` of a real gateway, as judged by Prometheus's own tools: promtool's rules for names, and a real scrape of each format. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startLoad } from '../support/load.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { startSluice } from '../support/sluice-process.ts';
import { eventually } from '../support/waiting.ts';

const INSTANCE = fileURLToPath(new URL('../fixtures/instance.mjs', import.meta.url));
const RUN = [
  'run',
  '--port',
  '127.0.0.1:0',
  '--admin',
  '127.0.0.1:0',
  '--instances',
  '2',
  '--health',
  '/',
  '--workers',
  '2',
  '--',
  process.execPath,
  INSTANCE,
];
const REQUESTS = 300;
const isMissing = (program: string): string | false => (spawnSync(program, ['--version']).error === undefined ? false : `needs ${program}`);

function sumOf(text: string, name: string): number {
  const samples = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  ok(samples.length > 0, `${name} has samples`);
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** By worker. */
function busyShares(text: string): ReadonlyMap<string, number> {
  const samples = text.matchAll(/^sluice_worker_utilization_ratio\{worker="(\d+)"\} (\S+)$/gm);
  return new Map([...samples].map(([, worker = '', share]) => [worker, Number(share)]));
}

test(
  'promtool finds nothing wrong, both formats say the same, and all workers together have counted each request',
  {
    skip: isMissing('promtool'),
    timeout: 60_000,
  },
  async (t) => {
    const { sluice, url, admin } = await startSluice(t, RUN);
    await sluice.count(/instance-ready/, 2);
    const load = startLoad(url, 8);
    await load.more(REQUESTS);
    const { byInstance, failures } = await load.stop();
    deepEqual(failures, []);
    const sent = [...byInstance.values()].reduce((sum, count) => sum + count, 0);
    const plain = await fetch(`http://${admin}/metrics`);
    equal(plain.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const text = await plain.text();
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    const busy = busyShares(text);
    deepEqual([...busy.keys()], ['0', '1']);
    for (const share of busy.values()) ok(share >= 0 && share <= 1, `a share: ${share}`);
    ok(Math.max(...busy.values()) > 0, 'who served was busy');
    deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
    for (const name of ['sluice_requests_total', 'sluice_service_requests_total', 'sluice_request_duration_seconds_count']) {
      equal(sumOf(text, name), sent, name);
    }
    equal(sumOf(text, 'sluice_instance_info'), 2);
    ok(sumOf(text, 'process_open_fds') > 10);
    const open = await fetch(`http://${admin}/metrics`, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' },
    });
    equal(open.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    equal(sumOf(await open.text(), 'sluice_requests_total'), sent);
  },
);

test(
  'Prometheus scrapes it as OpenMetrics and finds the types of its families',
  {
    skip: isMissing('prometheus'),
    timeout: 90_000,
  },
  async (t) => {
    const { sluice, admin } = await startSluice(t, RUN);
    await sluice.count(/instance-ready/, 2);
    await using prometheus = await startPrometheus(admin);
    const ask = async (path: string): Promise<string> => await (await fetch(`${prometheus.url}/api/v1/${path}`)).text();
    await eventually(30_000, 'a scrape is stored', async () => (await ask('query?query=sluice_workers')).includes('"value"'));
    const metadata = JSON.parse(await ask('targets/metadata')) as { data: readonly { metric: string; type: string; unit: string }[] };
    // Only OpenMetrics names a counter without its ending, and knows units.
    const found = metadata.data.find(({ metric }) => metric === 'sluice_requests');
    equal(found?.type, 'counter');
    equal(metadata.data.find(({ metric }) => metric === 'sluice_request_duration_seconds')?.unit, 'seconds');
    ok((await ask('query?query=up')).includes(',"1"]'));
  },
);
