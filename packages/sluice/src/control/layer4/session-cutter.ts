/**
 * Ends the UDP sessions of endpoints that went down, where the listener says so. TCP connections are cut by a rule of the table; a UDP client cannot be told
 * anything, so the kernel is made to forget, and the client's next datagram goes to another endpoint.
 */
import type { KernelDescription } from '../../core/layer4/kernel-description.ts';
import { isWildcard } from '../../core/layer4/nft-flows.ts';
import type { ForgetSessions, TrackedSessions } from '../../io/conntrack.ts';
import type { SayEvent } from '../say-event.ts';

export class SessionCutter {
  readonly #forget: ForgetSessions;
  readonly #say: SayEvent;
  #down: ReadonlyMap<string, TrackedSessions> = new Map();
  #reason = '';

  constructor(forget: ForgetSessions, say: SayEvent) {
    this.#forget = forget;
    this.#say = say;
  }

  /** A description is in force: new sessions avoid what is down, so the old ones can go. */
  follow(description: KernelDescription): void {
    const before = this.#down;
    this.#down = downSessions(description);
    for (const [key, sessions] of this.#down) if (!before.has(key)) void this.#cut(sessions);
  }

  async #cut(sessions: TrackedSessions): Promise<void> {
    const reason = (await this.#forget(sessions)) ?? '';
    if (reason !== '' && reason !== this.#reason) {
      const { address, port } = sessions.endpoint;
      const effect = 'clients that keep sending stay with the endpoint that is down until they pause for 30 to 120 s';
      this.#say('warn', 'kernel-layer4-sessions-kept', { endpoint: `${address} port ${port}`, reason, effect });
    }
    this.#reason = reason;
  }
}

function downSessions({ listeners }: KernelDescription): Map<string, TrackedSessions> {
  const down = new Map<string, TrackedSessions>();
  for (const listener of listeners) {
    if (listener.protocol !== 'udp' || listener.onDown !== 'cut') continue;
    for (const { state, address, port } of listener.endpoints) {
      if (state !== 'down') continue;
      const host = isWildcard(listener) ? null : listener.host;
      down.set(`${listener.name} ${address} ${port}`, { host, port: listener.port, endpoint: { address, port } });
    }
  }
  return down;
}
