/** Version 1 (§2.1): one line of ASCII, at most 107 bytes with its CRLF. */
import { anonymous, isFault, malformed, NO_EXTRAS, type ProxyAddress, type ProxyFault, type ProxyHeader } from './header.ts';
import { ipBytes, ipText } from './ip-bytes.ts';

/** With CRLF. */
export const V1_BYTES_MAX = 107;
export const V1_SIGNATURE = 'PROXY ';

const DECIMAL = /^(?:0|[1-9][0-9]{0,4})$/;

/** Parses the line between the signature and CRLF (no CR or LF in it). */
export function parseV1(text: string): ProxyHeader | ProxyFault {
  // §2.1: what follows UNKNOWN is ignored, and the connection's own addresses are used.
  if (text === 'UNKNOWN' || text.startsWith('UNKNOWN ')) return anonymous(1);
  const parts = text.split(' ');
  const [family = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = parts;
  if (family !== 'TCP4' && family !== 'TCP6') return malformed('The family of the PROXY line is not TCP4, TCP6 or UNKNOWN (§2.1).');
  if (parts.length !== 5) return malformed('The PROXY line does not have two addresses and two ports (§2.1).');
  const from = parsePeer(family, source, sourcePort);
  if (isFault(from)) return from;
  const to = parsePeer(family, destination, destinationPort);
  if (isFault(to)) return to;
  return { version: 1, transport: 'stream', source: from, destination: to, ...NO_EXTRAS };
}

function parsePeer(family: 'TCP4' | 'TCP6', text: string, port: string): ProxyAddress | ProxyFault {
  const bytes = text.includes(':') === (family === 'TCP6') ? ipBytes(text) : null;
  if (bytes === null) return malformed(`An address of the PROXY line is no ${family === 'TCP4' ? 'IPv4' : 'IPv6'} address (§2.1).`);
  if (!DECIMAL.test(port) || Number(port) > 65_535)
    return malformed('A port of the PROXY line is not 0 to 65535 without leading zeros (§2.1).');
  return { kind: 'ip', address: ipText(bytes), port: Number(port) };
}
