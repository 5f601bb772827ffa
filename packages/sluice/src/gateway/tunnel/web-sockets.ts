/** The open WebSockets of one worker: whoever ends some of them before their time (a drain, a listener or an endpoint that goes) finds them here, so that they are told first. */
import { DRAINING, type EndpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { SWEEP_PERIOD_MS } from '../sweeper.ts';

/** How long peers have for their close frames once they were told (RFC 6455 §7.1.1), in milliseconds. */
export const GOODBYE_MS = 1_000;
/** For WebSockets to end after they were told: their second, and a look at deadlines. */
export const LAST_WORDS_MS = GOODBYE_MS + 2 * SWEEP_PERIOD_MS;

/** `web-socket-tunnel.ts` is it. */
export interface OpenWebSocket {
  /** The listener that it came in by. */
  readonly listener: object;
  /** Slot of its endpoint. */
  readonly slot: number;
  /** Tells both sides that it ends (1001), and ends it within `GOODBYE_MS`. */
  leave(): void;
}

export class OpenWebSockets {
  private readonly all = new Set<OpenWebSocket>();

  get size(): number {
    return this.all.size;
  }

  add(socket: OpenWebSocket): void {
    this.all.add(socket);
  }

  remove(socket: OpenWebSocket): void {
    this.all.delete(socket);
  }

  /** The worker ends. @returns How many are told. */
  leave(): number {
    const told = this.all.size;
    for (const socket of this.all) socket.leave();
    return told;
  }

  /** A listener goes. @returns How many are told. */
  leaveListener(listener: object): number {
    let told = 0;
    for (const socket of this.all) {
      if (socket.listener !== listener) continue;
      told++;
      socket.leave();
    }
    return told;
  }

  /** An endpoint has gone from its service, after its drain. */
  leaveEndpoint(slot: number): void {
    for (const socket of this.all) if (socket.slot === slot) socket.leave();
  }

  /** Those of endpoints whose drain by an operator has passed its deadline: they take nothing at all then. At each sweep; 5 ns each. */
  sweep(table: EndpointTable): void {
    const gone = DRAINING | MAINTENANCE;
    for (const socket of this.all) if ((table.state[socket.slot]! & gone) === gone) socket.leave();
  }
}
