/**
 * TLS alerts that we send ourselves when we refuse a ClientHello (RFC 8446 §6): always fatal, in the clear, one record of 7 bytes.
 * Where OpenSSL has taken over the connection, its alerts are its own.
 */
import type { ClientHelloFault } from './hello-fault.ts';

/** Names and numbers of RFC 8446 §6.2; `no_application_protocol` is RFC 7301 §3.2. */
export const ALERTS = {
  handshake_failure: 40,
  illegal_parameter: 47,
  access_denied: 49,
  decode_error: 50,
  protocol_version: 70,
  internal_error: 80,
  unrecognized_name: 112,
  no_application_protocol: 120,
} as const;

export type AlertName = keyof typeof ALERTS;

const ALERT_RECORD = 21;
const FATAL = 2;

/** A whole record, ready to be written before the close. */
export function fatalAlert(name: AlertName): Uint8Array {
  // RFC 8446 §5.1: the record version of everything but a first ClientHello is 0x0303; older peers take it, too.
  return Uint8Array.of(ALERT_RECORD, 3, 3, 0, 2, FATAL, ALERTS[name]);
}

/** The alert owed for a refused hello; null where the peer does not speak TLS and would not understand one. */
export function alertForFault(fault: ClientHelloFault): AlertName | null {
  switch (fault.kind) {
    case 'not-tls':
      return null;
    case 'too-large':
    case 'malformed':
      return 'decode_error';
  }
}
