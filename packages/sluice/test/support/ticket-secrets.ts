/** Ticket secrets that are no secret. */
import type { TicketSecrets } from '../../src/config/worker-protocol.ts';

/** @param current First byte of the current one; others are counted from it. */
export function ticketSecrets(current = 1): TicketSecrets {
  const secret = (value: number): Uint8Array => new Uint8Array(48).fill(value);
  return { current: secret(current), previous: current > 1 ? secret(current - 1) : null, next: secret(current + 1) };
}
