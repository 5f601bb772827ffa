/** Debian's Prometheus on a free port of the loopback, scraping one target each second. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/io/ports.ts';
import { eventually } from './waiting.ts';

export interface Prometheus extends AsyncDisposable {
  readonly url: string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** @param target `127.0.0.1:9100`, whose `/metrics` is read. @param more Flags. */
export async function startPrometheus(target: string, more: readonly string[] = []): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-prometheus-'));
  const port = await freePort('127.0.0.1');
  const config = join(folder, 'prometheus.yml');
  const job = { job_name: 'shop', scrape_interval: '1s', scrape_timeout: '1s', static_configs: [{ targets: [target] }] };
  writeFileSync(config, JSON.stringify({ scrape_configs: [job] }));
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
  const child = spawn('prometheus', [...flags, ...more], { stdio: 'ignore' });
  running.add(child);
  const exited = once(child, 'exit').finally(() => running.delete(child));
  const url = `http://127.0.0.1:${port}`;
  await eventually(30_000, 'prometheus is ready', async () => {
    const reply = await fetch(`${url}/-/ready`).catch(() => null);
    await reply?.text();
    return reply?.status === 200;
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
