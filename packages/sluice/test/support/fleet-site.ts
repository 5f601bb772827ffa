/** `sluice up` with a service that the fleet runs: its configuration, its admin API, what it says, and nothing left of it afterwards. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Decision } from '../../src/core/scaling/decision.ts';
import type { FleetServiceStatus } from '../../src/observe/fleet-status.ts';
import { startSluice, type Running, type SluiceProcess } from './sluice-process.ts';
import { eventually, within } from './waiting.ts';

/** The command of `fixtures/fleet-app.mjs`. */
export const APP: readonly string[] = [process.execPath, fileURLToPath(new URL('../fixtures/fleet-app.mjs', import.meta.url))];

export interface FleetAnswer {
  readonly status: number;
  readonly text: string;
}

export class FleetSite {
  sluice: SluiceProcess;
  url: string;
  admin: string;
  readonly folder: string;

  constructor({ sluice, url, admin }: Running, folder: string) {
    this.sluice = sluice;
    this.url = url;
    this.admin = admin;
    this.folder = folder;
  }

  /** Replaces the configuration file at once. */
  async write(service: object, more: object = {}): Promise<void> {
    await writeConfig(this.folder, service, more);
  }

  /** The same as `sluice VERB app`. */
  async ask(verb: string, body: object = {}): Promise<FleetAnswer> {
    const path = verb === 'reload' ? '/api/reload' : `/api/services/app/${verb}`;
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`http://${this.admin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: reply.status, text: await reply.text() };
  }

  /** As `ask`; anything but success is an error. */
  async tell(verb: string, body: object = {}): Promise<void> {
    const { status, text } = await this.ask(verb, body);
    if (status >= 300) throw new Error(`${verb}: ${status} ${text}`);
  }

  async status(): Promise<FleetServiceStatus> {
    const reply = await fetch(`http://${this.admin}/api/fleet`);
    const { services } = (await reply.json()) as { services: FleetServiceStatus[] };
    return services[0]!;
  }

  async decisions(): Promise<readonly Decision[]> {
    const reply = await fetch(`http://${this.admin}/api/services/app/decisions?limit=50`);
    return ((await reply.json()) as { decisions: Decision[] }).decisions;
  }

  /** Looks until the service is so. */
  async until(what: string, holds: (status: FleetServiceStatus) => boolean, ms = 20_000): Promise<FleetServiceStatus> {
    let last = await this.status();
    const describe = (): string => `${what}; the last status was ${JSON.stringify(last)}; the output was:\n${this.sluice.output}`;
    await eventually(ms, what, async () => holds((last = await this.status()))).catch((error: Error) => {
      throw new Error(`${error.message}: ${describe()}`);
    });
    return last;
  }

  /** So many are ready, and no others are there. */
  async settled(count: number): Promise<FleetServiceStatus> {
    return this.until(`${count} instances and no others`, ({ instances, ready, deploy }) => {
      return deploy === null && ready === count && instances.length === count;
    });
  }

  /** Ends it as an operator would. */
  async stop(): Promise<void> {
    this.sluice.signal('SIGTERM');
    await within(20_000, 'sluice ends', this.sluice.ended);
  }
}

/** Starts `sluice up` with one service, `app`, and waits until so many of its instances are ready. */
export async function startFleet(
  t: TestContext,
  service: object,
  ready: number,
  more: object = {},
  env: Readonly<Record<string, string>> = {},
): Promise<FleetSite> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-fleet-'));
  await writeConfig(folder, service, more);
  const running = await startSluice(t, ['up', '--config', join(folder, 'sluice.config.json')], { cwd: folder, env });
  t.after(() => rm(folder, { recursive: true, force: true }));
  const site = new FleetSite(running, folder);
  // The API is loaded with the first question: what a test looks for must not have passed meanwhile.
  await (await fetch(`http://${running.admin}/api/me`)).text();
  if (ready > 0) await running.sluice.count(/ instance-ready /, ready);
  return site;
}

async function writeConfig(folder: string, service: object, more: object): Promise<void> {
  const config = {
    listeners: { web: { http: '127.0.0.1:0' } },
    services: { app: service },
    routes: [{ path: '/*', to: 'app' }],
    admin: '127.0.0.1:0',
    workers: 2,
    ...more,
  };
  const file = join(folder, 'sluice.config.json');
  await writeFile(`${file}.new`, JSON.stringify(config));
  await rename(`${file}.new`, file);
}

/** Whether a process is there and has not ended. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}
