/**
 * Keys of session tickets (RFC 5077, RFC 8446 §4.6.1). All workers have the same secrets from the control plane; what encrypts is derived from them for each policy,
 * so that a session that began under one set of rules cannot be resumed under another: the other key does not open it (CVE-2025-23419 in nginx).
 */
import { hkdfSync } from 'node:crypto';
import type { TicketSecrets } from '../../config/worker-protocol.ts';

/** What Node takes as `ticketKeys`: 16 bytes of name, 16 for HMAC, 16 for AES. */
const KEY_BYTES = 48;
const NAME_BYTES = 16;

/** Keys of one policy, newest last used first: the current one, the one before, and the one that comes next. */
export interface TicketKeys {
  readonly current: Buffer;
  /** Those whose tickets are still, or already, honoured. */
  readonly others: readonly Buffer[];
}

/** @param policy What the rules are, as text that is the same in every worker and after every start. */
export function ticketKeys(secrets: TicketSecrets, policy: string): TicketKeys {
  const derive = (secret: Uint8Array): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `sluice tls ticket\0${policy}`, KEY_BYTES));
  const others = [secrets.previous, secrets.next].filter((secret) => secret !== null);
  return { current: derive(secrets.current), others: others.map(derive) };
}

/** The key that a ticket was made with, by the name that it begins with; the current one when it is none of ours. */
export function keyForTicket(keys: TicketKeys, name: Uint8Array | null): Buffer {
  if (name === null) return keys.current;
  return keys.others.find((key) => key.subarray(0, NAME_BYTES).equals(name)) ?? keys.current;
}
