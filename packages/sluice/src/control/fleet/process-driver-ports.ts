/** Ports that instances were given: a free one is found by listening, and the one who listens next may be another instance that was just given it too. */
import { freePort } from '../../io/ports.ts';
import { DriverFault } from './runner.ts';

/** Tries for a port that no other instance was just given. */
const TRIES = 20;
/** What the system runs short of at times. */
const PASSING: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRINUSE']);

export class PortBook {
  readonly #ports = new Set<number>();

  /** A port that nobody has, until `giveBack`. @throws {DriverFault} */
  async take(service: string, host: string): Promise<number> {
    for (let tries = 0; tries < TRIES; tries++) {
      const port = await freePort(host).catch((error: NodeJS.ErrnoException) => {
        const isPassing = PASSING.has(error.code ?? '');
        const remedy = isPassing ? '' : ': set run.host to an address of this machine';
        throw new DriverFault(`service "${service}": no free port on ${host}: ${error.message}${remedy}`, isPassing ? 'later' : 'never');
      });
      if (this.#ports.has(port)) continue;
      this.#ports.add(port);
      return port;
    }
    throw new DriverFault(`service "${service}": no free port on ${host} that no other instance was just given`, 'later');
  }

  reserve(port: number): void {
    this.#ports.add(port);
  }

  giveBack(port: number): void {
    this.#ports.delete(port);
  }
}
