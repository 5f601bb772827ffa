/**
 * What the containers of all services share: whose they are, the engines, ports of the host that were given out. Opened before the first instance.
 *
 * One Sluice at a time has the containers of one owner: it listens on a socket of that name, in Linux's abstract namespace, so that its end
 * gives the name free whatever the reason. A second one waits: it would take the first one's instances for its own.
 */
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import type { Runtime } from '../../base/runtime.ts';
import { findEngineSocket } from '../../clients/container-engine/engine-socket.ts';
import { SharedEngine } from './container-driver-engine.ts';
import { ownerOf } from './container-driver-spec.ts';
import { PortBook } from './process-driver-ports.ts';
import { DriverFault } from './runner.ts';

export interface ContainerHostOptions {
  /** What tells this Sluice from others on the same engine: the directory of the fleet, else its configuration file. */
  readonly place: string;
  /** Services whose instances are containers now: what is left of others is ended. */
  readonly services: () => readonly string[];
  /** What instances are told to keep idle connections for, at least. */
  readonly keepAliveMs: number;
  readonly runtime: Runtime;
}

export class ContainerHost implements AsyncDisposable {
  readonly owner: string;
  readonly ports = new PortBook();
  readonly #options: ContainerHostOptions;
  readonly #engines = new Map<string, SharedEngine>();
  #lock: Promise<Server> | null = null;

  constructor(options: ContainerHostOptions) {
    this.#options = options;
    this.owner = ownerOf(resolve(options.place));
  }

  get keepAliveMs(): number {
    return this.#options.keepAliveMs;
  }

  get services(): readonly string[] {
    return this.#options.services();
  }

  /**
   * @param engine As configured.
   * @throws {EngineFault} when there is none.
   * @throws {DriverFault} while another Sluice has the containers.
   */
  async engine(engine: string | null): Promise<SharedEngine> {
    const socket = findEngineSocket(engine);
    await this.#hold();
    let shared = this.#engines.get(socket);
    if (shared === undefined) {
      shared = new SharedEngine(this.#options.runtime, socket, this.owner);
      this.#engines.set(socket, shared);
    }
    return shared;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.#engines.values()) engine[Symbol.dispose]();
    const lock = await this.#lock?.catch(() => null);
    lock?.close();
  }

  async #hold(): Promise<void> {
    this.#lock ??= lockName(`sluice-containers-${this.owner}`);
    try {
      await this.#lock;
    } catch (error) {
      this.#lock = null;
      throw new DriverFault(
        `another Sluice of this machine has the containers of ${this.#options.place} (${(error as Error).message}): stop it, or set fleet.directory to one of its own`,
        'later',
      );
    }
  }
}

function lockName(name: string): Promise<Server> {
  return new Promise((opened, failed) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', failed);
    server.listen(`\0${name}`, () => opened(server));
    server.unref();
  });
}
