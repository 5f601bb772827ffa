/**
 * Sluice with instances of its own, for the rows about the fleet. The program is built first, as it is published: run from sources, Node's type
 * stripper takes about 100 ms of each start.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../packages/sluice/test/support/built-program.ts';
import { freePort, start, temporaryDirectory, waitForListener, type Started } from './processes.ts';

/** What the status of the fleet says, as far as the rows read it. */
export interface FleetStatus {
  readonly ready: number;
  readonly version: string;
  readonly deploy: object | null;
  readonly instances: readonly { readonly version: string; readonly handle: string | null }[];
}

/** The plain program of the fleet rows. */
export const FLEET_APP: readonly string[] = [process.execPath, fileURLToPath(new URL('fleet-app.js', import.meta.url))];
export const SERVICE = 'app';

let built: ReturnType<typeof buildProgram> | null = null;

/** `bin/sluice.js` of the built package; removed when the benchmark ends. */
export function builtSluice(): string {
  if (built === null) {
    const made = buildProgram();
    process.on('exit', () => made.remove());
    built = made;
  }
  return built.program;
}

export class FleetSubject {
  readonly started: Started;
  readonly port: number;
  readonly #adminPort: number;

  constructor(started: Started, port: number, adminPort: number) {
    this.started = started;
    this.port = port;
    this.#adminPort = adminPort;
  }

  async status(): Promise<FleetStatus> {
    const reply = await fetch(`http://127.0.0.1:${this.#adminPort}/api/fleet`);
    const { services } = (await reply.json()) as { services: FleetStatus[] };
    return services[0]!;
  }

  /** Looks until the service is so. Rejects after a minute, with the last status. */
  async until(what: string, holds: (status: FleetStatus) => boolean): Promise<FleetStatus> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const status = await this.status();
      if (holds(status)) return status;
      if (performance.now() > deadline) throw new Error(`not within 60 s: ${what}; the last status was ${JSON.stringify(status)}`);
      await sleep(25);
    }
  }

  /** Begins a deploy of the same program under another name. */
  async deploy(version: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const path = `/api/services/${SERVICE}/deploy`;
    const reply = await fetch(`http://127.0.0.1:${this.#adminPort}${path}`, { method: 'POST', headers, body: JSON.stringify({ version }) });
    if (!reply.ok) throw new Error(`deploy: ${reply.status} ${await reply.text()}`);
  }
}

/** Starts `sluice up` with this one service. */
export async function startFleet(service: object, { workers }: { readonly workers: number }): Promise<FleetSubject> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(temporaryDirectory('fleet'), 'sluice.config.json');
  const configuration = {
    listeners: { web: { http: `127.0.0.1:${port}` } },
    services: { [SERVICE]: service },
    routes: [{ path: '/*', to: SERVICE }],
    workers,
    admin: `127.0.0.1:${adminPort}`,
  };
  writeFileSync(file, JSON.stringify(configuration));
  const started = start('fleet-log', process.execPath, [builtSluice(), 'up', '--config', file]);
  await waitForListener(started, adminPort);
  return new FleetSubject(started, port, adminPort);
}
