/** Debian's Alertmanager on a free port of the loopback, which tells nobody. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/io/ports.ts';
import { eventually } from './waiting.ts';

/** As `/api/v2/alerts` lists them: those that fire. */
export interface ManagedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface Alertmanager extends AsyncDisposable {
  readonly url: string;
  alerts(): Promise<readonly ManagedAlert[]>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export async function startAlertmanager(): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-alertmanager-'));
  const port = await freePort('127.0.0.1');
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, JSON.stringify({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }));
  const flags = [`--config.file=${config}`, `--storage.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
  const child = spawn('prometheus-alertmanager', [...flags, '--cluster.listen-address='], { stdio: 'ignore' });
  running.add(child);
  const exited = once(child, 'exit').finally(() => running.delete(child));
  const url = `http://127.0.0.1:${port}`;
  await eventually(30_000, 'alertmanager is ready', async () => {
    const reply = await fetch(`${url}/-/ready`).catch(() => null);
    await reply?.text();
    return reply?.status === 200;
  });
  return {
    url,
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly ManagedAlert[],
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
