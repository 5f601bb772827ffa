/**
 * The admin API follows the plan: opened, moved or closed as its address changes with a reload; tokens, clients and certificates change under it. Where it is off, nothing of it is loaded (5 MiB, most of
 * it Node.js's TLS).
 */
import { isDeepStrictEqual } from 'node:util';
import { AuditLog } from '../admin/audit-log.ts';
import type { AdminBackend } from '../admin/backend.ts';
import type { AdminServer } from '../admin/server.ts';
import { formatAddress } from '../config/address.ts';
import type { AdminSettings } from '../config/observe-plan.ts';
import type { AddressPlan } from '../config/plan.ts';
import type { SayEvent } from '../control/say-event.ts';
import type { AdminMaterial } from '../io/admin-files.ts';
import { nodeRuntime } from '../io/node-runtime.ts';

interface Wanted {
  /** As the plan says it, with port 0 where any port was asked for. */
  readonly address: AddressPlan;
  readonly settings: AdminSettings;
  readonly material: AdminMaterial | null;
}

export class AdminListener {
  readonly #backend: AdminBackend;
  readonly #say: SayEvent;
  readonly #audit: AuditLog;
  #server: AdminServer | null = null;
  #runs: Wanted | null = null;

  constructor(backend: AdminBackend, say: SayEvent) {
    this.#backend = backend;
    this.#say = say;
    this.#audit = new AuditLog(() => nodeRuntime.clock.wall(), say);
  }

  /** Where it listens; null when it is off. */
  get address(): AddressPlan | null {
    return this.#server?.address ?? null;
  }

  /**
   * Listens where the plan says, and lets in whom the settings say.
   * @throws {Error} when it cannot; what it was is kept then, but for another authority of client certificates at the same address.
   */
  async follow(address: AddressPlan | null, settings: AdminSettings): Promise<void> {
    const wanted = address === null ? null : { address, settings, material: await materialOf(settings) };
    await this.#audit.follow(wanted === null ? null : settings.auditFile);
    const { server, runs } = { server: this.#server, runs: this.#runs };
    if (wanted !== null && server !== null && runs !== null && isChangeable(runs, wanted)) change(server, runs, wanted);
    else await this.#replace(wanted);
    this.#runs = wanted;
  }

  /** The audit file was rotated away. */
  reopenLog(): void {
    void this.#audit.reopen();
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
    await this.#audit[Symbol.asyncDispose]();
  }

  async #replace(wanted: Wanted | null): Promise<void> {
    const old = this.#server;
    const isSamePlace = wanted !== null && this.#runs !== null && formatAddress(wanted.address) === formatAddress(this.#runs.address);
    // The port must be free first.
    if (isSamePlace) await old?.close();
    this.#server = wanted === null ? null : await this.#start(wanted);
    // Not awaited: the reload may have been asked for through it.
    if (!isSamePlace) void old?.close();
  }

  async #start({ address, settings, material }: Wanted): Promise<AdminServer> {
    const { startAdmin } = await import('../admin/server.ts');
    return startAdmin({
      address,
      settings,
      material,
      backend: this.#backend,
      audit: this.#audit,
      onError: (error) => this.#say('error', 'admin-error', { reason: error.stack ?? error.message }),
    });
  }
}

/** Whether connections may stay: those that another authority vouched for may not. */
function isChangeable(runs: Wanted, wanted: Wanted): boolean {
  if (formatAddress(runs.address) !== formatAddress(wanted.address)) return false;
  if (runs.material === null || wanted.material === null) return runs.material === wanted.material;
  return runs.material.clientCa === wanted.material.clientCa;
}

function change(server: AdminServer, runs: Wanted, wanted: Wanted): void {
  if (!isDeepStrictEqual(runs.settings, wanted.settings)) server.follow(wanted.settings);
  if (wanted.material !== null && !isDeepStrictEqual(runs.material, wanted.material)) server.rotate(wanted.material);
}

async function materialOf({ tls }: AdminSettings): Promise<AdminMaterial | null> {
  if (tls === null) return null;
  const { readAdminTls } = await import('../io/admin-files.ts');
  const reading = await readAdminTls(tls, nodeRuntime.clock.wall());
  if (!reading.ok) throw new Error(`admin.tls: ${reading.faults.map(({ fault }) => fault.message).join('; ')}`);
  return reading.material;
}
