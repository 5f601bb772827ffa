/**
 * How nodes that share the work of a cache know each other: a field `Sluice-Peer: TIME.KEY.PROOF` on what one asks another. It names the key under which the reply lies on both, since only the
 * node that the client asked knows all that is in it, and is signed together with what is asked for (HMAC-SHA-256, RFC 2104): nobody else can have a reply kept under a key of theirs.
 * Heard within five minutes it can be said again, and then gets the same reply again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Clocks of nodes may differ by this much. */
const VALID_MS = 5 * 60_000;
/** Longer keys are fetched from the service by each node: the field must fit into any head. */
export const PEER_KEY_LENGTH_MAX = 4_096;
const FIELD_LENGTH_MAX = 8_192;

/** What is asked of a peer. */
export interface PeerRequest {
  /** Name of the route: another one has other rules. */
  readonly route: string;
  readonly method: string;
  /** As in Host. */
  readonly host: string;
  /** Path and query, normalised. */
  readonly target: string;
}

export class PeerProof {
  private readonly secrets: readonly string[];

  /** @param secrets The first signs, all verify. */
  constructor(secrets: readonly string[]) {
    this.secrets = secrets;
  }

  /** The field's value. @param wallMs Wall time. @param key Latin1. */
  write(request: PeerRequest, key: string, wallMs: number): string {
    const text = `${Math.floor(wallMs)}.${Buffer.from(key, 'latin1').toString('base64url')}`;
    return `${text}.${sign(this.secrets[0]!, text, request).toString('base64url')}`;
  }

  /** Whether a peer has written it, for this request and lately. */
  verify(value: string, request: PeerRequest, wallMs: number): boolean {
    const end = value.lastIndexOf('.');
    const dot = value.indexOf('.');
    if (value.length > FIELD_LENGTH_MAX || dot < 1 || end <= dot) return false;
    const age = wallMs - Number(value.slice(0, dot));
    if (!(Math.abs(age) <= VALID_MS)) return false;
    const text = value.slice(0, end);
    const proof = Buffer.from(value.slice(end + 1), 'base64url');
    return this.secrets.some((secret) => {
      const wanted = sign(secret, text, request);
      return wanted.length === proof.length && timingSafeEqual(wanted, proof);
    });
  }

  /** The key in a value that has been verified. */
  keyIn(value: string): string {
    return Buffer.from(value.slice(value.indexOf('.') + 1, value.lastIndexOf('.')), 'base64url').toString('latin1');
  }
}

/** None of the parts holds a line end. */
function sign(secret: string, text: string, { route, method, host, target }: PeerRequest): Buffer {
  return createHmac('sha256', secret).update(`sluice peer\n${text}\n${route}\n${method}\n${host}\n${target}`, 'latin1').digest();
}
