/** Version 2 (§2.2): 16 bytes of signature, command, family and length, then addresses and TLVs. */
import { latin1 } from '../http1/text.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { anonymous, malformed, type ProxyAddress, type ProxyFault, type ProxyHeader } from './header.ts';
import { ipText } from './ip-bytes.ts';
import { parseTlvs } from './tlv.ts';

export const V2_SIGNATURE: Uint8Array = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
/** Before the addresses. */
export const V2_FIXED_BYTES = 16;

export const V2_LOCAL = 0x20;
export const V2_PROXY = 0x21;
/** High half of the family byte. */
export const V2_FAMILY = { unspecified: 0, ipv4: 1, ipv6: 2, unix: 3 } as const;
/** Low half of the family byte. */
export const V2_TRANSPORT = { unspecified: 0, stream: 1, datagram: 2 } as const;

export const UNIX_PATH_BYTES = 108;

/** The length of a header, from its first 16 bytes. */
export function v2Length(bytes: Uint8Array): number {
  return V2_FIXED_BYTES + ((bytes[14]! << 8) | bytes[15]!);
}

/** Parses a whole header: exactly its bytes, its signature already seen. */
export function parseV2(bytes: Uint8Array): ProxyHeader | ProxyFault {
  const command = bytes[12]!;
  // §2.2: for LOCAL the family is ignored and the block discarded, TLVs included.
  if (command === V2_LOCAL) return anonymous(2);
  if (command !== V2_PROXY) return malformed('The version is not 2, or the command neither LOCAL nor PROXY (§2.2).');
  const family = bytes[13]! >> 4;
  const transport = bytes[13]! & 15;
  if (family > V2_FAMILY.unix || transport > V2_TRANSPORT.datagram)
    return malformed('The address family or the transport is not assigned (§2.2).');
  // §2.2: with UNSPEC in either half the addresses are ignored. How long they are is not told, so neither are the TLVs looked for.
  if (family === V2_FAMILY.unspecified || transport === V2_TRANSPORT.unspecified) return anonymous(2);
  const reader = new ByteReader(bytes, V2_FIXED_BYTES);
  const [source, destination] = readAddresses(reader, family);
  if (reader.isBroken) return malformed('The header is shorter than the addresses of its family (§2.2).');
  const extras = parseTlvs(reader);
  if ('what' in extras) return extras;
  return { version: 2, transport: transport === V2_TRANSPORT.stream ? 'stream' : 'datagram', source, destination, ...extras };
}

function readAddresses(reader: ByteReader, family: number): readonly [ProxyAddress, ProxyAddress] {
  if (family === V2_FAMILY.unix) return [readPath(reader), readPath(reader)];
  const size = family === V2_FAMILY.ipv4 ? 4 : 16;
  const source = reader.sub(size).copy();
  const destination = reader.sub(size).copy();
  const sourcePort = reader.u16();
  const destinationPort = reader.u16();
  return [
    { kind: 'ip', address: ipText(source), port: sourcePort },
    { kind: 'ip', address: ipText(destination), port: destinationPort },
  ];
}

/** A path ends at its first NUL; one of an abstract socket begins with it and is not told apart from an unnamed one. */
function readPath(reader: ByteReader): ProxyAddress {
  const field = reader.sub(UNIX_PATH_BYTES);
  let end = field.at;
  while (end < field.end && field.bytes[end] !== 0) end++;
  return { kind: 'unix', path: latin1(field.bytes, field.at, end) };
}
