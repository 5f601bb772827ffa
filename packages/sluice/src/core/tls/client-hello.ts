/**
 * What a TLS ClientHello asks for (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2): the server's name, protocols, and which
 * ticket would be resumed. Structure is checked to the last byte of each part that is read; other extensions are passed by their length.
 * Unknown values (GREASE, RFC 8701) mean nothing here. Cost: one pass; a post-quantum hello of 1.8 KB has some fifteen extensions.
 */
import { latin1 } from '../http1/text.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { malformed, type ClientHelloFault } from './hello-fault.ts';
import { canonicalServerName, isAddress } from './server-name.ts';

export interface ClientHello {
  /** Lower case, a DNS name without trailing dot. Null: none was sent, or an address, which RFC 6066 §3 forbids and which names no host. */
  readonly serverName: string | null;
  /** RFC 7301 names as offered, one character per byte: may hold any byte but is never empty. */
  readonly alpn: readonly string[];
  /**
   * The first 16 bytes of the first TLS 1.3 PSK identity, else of the TLS 1.2 ticket (OpenSSL: the ticket key's name); null: shorter, or none. OpenSSL looks at other
   * identities, too: it must have no key that the first one may not be opened with.
   */
  readonly ticketName: Uint8Array | null;
}

/** Extension types (IANA, TLS ExtensionType Values). */
const SERVER_NAME = 0;
const ALPN = 16;
const SESSION_TICKET = 35;
const PRE_SHARED_KEY = 41;

const HOST_NAME = 0;
const RANDOM_BYTES = 32;
const SESSION_ID_BYTES_MAX = 32;
const TICKET_NAME_BYTES = 16;
const BINDER_BYTES_MIN = 32;

/** The fields of a hello while it is read. */
interface Draft {
  serverName: string | null;
  alpn: readonly string[];
  pskName: Uint8Array | null;
  ticketName: Uint8Array | null;
}

/** Parses the body of a ClientHello message: `bytes[start, end)`, without the four bytes of its handshake header. */
export function parseClientHello(bytes: Uint8Array, start: number, end: number): ClientHello | ClientHelloFault {
  const reader = new ByteReader(bytes, start, end);
  const draft: Draft = { serverName: null, alpn: [], pskName: null, ticketName: null };
  const fault = readFixedPart(reader) ?? readExtensions(reader, draft);
  if (fault !== null) return fault;
  const { serverName, alpn, pskName, ticketName } = draft;
  return { serverName, alpn, ticketName: pskName ?? ticketName };
}

function readFixedPart(reader: ByteReader): ClientHelloFault | null {
  const version = reader.u16();
  if (version >> 8 !== 3) return malformed('The version of the ClientHello is not one of SSL 3.0 to TLS 1.3 (RFC 8446 §4.1.2).');
  reader.skip(RANDOM_BYTES);
  if (reader.vector8().remaining > SESSION_ID_BYTES_MAX) return malformed('The session id is longer than 32 bytes (RFC 8446 §4.1.2).');
  const ciphers = reader.vector16().remaining;
  const compressions = reader.vector8().remaining;
  if (reader.isBroken) return malformed('The ClientHello ends before its extensions (RFC 8446 §4.1.2).');
  if (ciphers === 0 || ciphers % 2 !== 0) return malformed('The list of cipher suites is empty or odd (RFC 8446 §4.1.2).');
  if (compressions === 0) return malformed('The list of compression methods is empty (RFC 8446 §4.1.2).');
  return null;
}

function readExtensions(reader: ByteReader, draft: Draft): ClientHelloFault | null {
  if (reader.isSpent) return null; // RFC 5246 §7.4.1.2: TLS 1.2 and older may have none
  const extensions = reader.vector16();
  if (!reader.isSpent) return malformed('The extensions do not end where the ClientHello ends (RFC 8446 §4.1.2).');
  const seen = new Set<number>();
  while (extensions.remaining > 0) {
    const type = extensions.u16();
    const data = extensions.vector16();
    if (extensions.isBroken) return malformed('An extension is longer than the list that it stands in (RFC 8446 §4.2).');
    if (seen.has(type)) return malformed(`Extension ${type} comes twice (RFC 8446 §4.2).`);
    seen.add(type);
    if (type === PRE_SHARED_KEY && extensions.remaining > 0)
      return malformed('pre_shared_key is not the last extension (RFC 8446 §4.2.11).');
    const fault = readExtension(type, data, draft);
    if (fault !== null) return fault;
  }
  return null;
}

function readExtension(type: number, data: ByteReader, draft: Draft): ClientHelloFault | null {
  switch (type) {
    case SERVER_NAME:
      return readServerName(data, draft);
    case ALPN:
      return readAlpn(data, draft);
    case SESSION_TICKET:
      draft.ticketName = ticketName(data); // RFC 5077 §3.2: empty asks for a ticket
      return null;
    case PRE_SHARED_KEY:
      return readPreSharedKeys(data, draft);
    default:
      return null;
  }
}

/** RFC 6066 §3. Only host_name was ever defined, and OpenSSL takes nothing else; two names would let two readers choose differently. */
function readServerName(data: ByteReader, draft: Draft): ClientHelloFault | null {
  const list = data.vector16();
  const type = list.u8();
  const name = list.vector16();
  if (!data.isSpent || list.isBroken) return malformed('server_name is cut short or followed by other bytes (RFC 6066 §3).');
  if (type !== HOST_NAME) return malformed('server_name holds a name that is no host_name (RFC 6066 §3).');
  if (!list.isSpent) return malformed('server_name holds more than one name (RFC 6066 §3).');
  const text = latin1(name.bytes, name.at, name.end);
  if (isAddress(text)) return null;
  draft.serverName = canonicalServerName(text);
  return draft.serverName === null ? malformed('server_name is no DNS name (RFC 6066 §3).') : null;
}

/** RFC 7301 §3.1. */
function readAlpn(data: ByteReader, draft: Draft): ClientHelloFault | null {
  const list = data.vector16();
  const names: string[] = [];
  while (list.remaining > 0) {
    const name = list.vector8();
    if (name.remaining === 0) return malformed('A protocol name of ALPN is empty or cut short (RFC 7301 §3.1).');
    names.push(latin1(name.bytes, name.at, name.end));
  }
  if (!data.isSpent || names.length === 0) return malformed('ALPN is empty, cut short or followed by other bytes (RFC 7301 §3.1).');
  draft.alpn = names;
  return null;
}

/** RFC 8446 §4.2.11: identities, each with an age, and as many binders. */
function readPreSharedKeys(data: ByteReader, draft: Draft): ClientHelloFault | null {
  const identities = data.vector16();
  const binders = data.vector16();
  let count = 0;
  while (identities.remaining > 0) {
    const identity = identities.vector16();
    identities.skip(4);
    if (identities.isBroken || identity.remaining === 0) return malformed('A PSK identity is empty or cut short (RFC 8446 §4.2.11).');
    if (count++ === 0) draft.pskName = ticketName(identity);
  }
  let proofs = 0;
  while (binders.remaining > 0) {
    if (binders.vector8().remaining < BINDER_BYTES_MIN)
      return malformed('A PSK binder is shorter than 32 bytes or cut short (RFC 8446 §4.2.11).');
    proofs++;
  }
  if (!data.isSpent || count === 0 || count !== proofs) {
    return malformed('pre_shared_key has no identity, or not one binder for each, or other bytes (RFC 8446 §4.2.11).');
  }
  return null;
}

function ticketName(ticket: ByteReader): Uint8Array | null {
  return ticket.remaining < TICKET_NAME_BYTES ? null : ticket.sub(TICKET_NAME_BYTES).copy();
}
