/** The admin API follows the plan: opened, moved or closed as its address changes with a reload. */
import type { AdminBackend } from '../admin/backend.ts';
import { type AdminServer, startAdmin } from '../admin/server.ts';
import { formatAddress } from '../config/address.ts';
import type { AddressPlan } from '../config/plan.ts';
import type { SayEvent } from '../control/say-event.ts';

export class AdminListener {
  readonly #backend: AdminBackend;
  readonly #say: SayEvent;
  #server: AdminServer | null = null;
  /** As the plan says it, with port 0 where any port was asked for. */
  #wanted = '';

  constructor(backend: AdminBackend, say: SayEvent) {
    this.#backend = backend;
    this.#say = say;
  }

  /** Where it listens; null when it is off. */
  get address(): AddressPlan | null {
    return this.#server?.address ?? null;
  }

  /**
   * Listens where the plan says.
   * @throws {Error} when it cannot; the old address is kept then.
   */
  async follow(address: AddressPlan | null, token: string | null): Promise<void> {
    const wanted = address === null ? '' : `${formatAddress(address)} ${token ?? ''}`;
    if (wanted === this.#wanted) return;
    const old = this.#server;
    // The same address with another token: the port must be free first.
    const isSamePlace = wanted.split(' ')[0] === this.#wanted.split(' ')[0];
    if (isSamePlace && old !== null) await old.close();
    this.#server = address === null ? null : await this.#start(address, token);
    this.#wanted = wanted;
    // Not awaited: the reload may have been asked for through it.
    if (!isSamePlace) void old?.close();
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
  }

  #start(address: AddressPlan, token: string | null): Promise<AdminServer> {
    return startAdmin({
      address,
      token,
      backend: this.#backend,
      onError: (error) => this.#say('error', 'admin-error', { reason: error.stack ?? error.message }),
    });
  }
}
