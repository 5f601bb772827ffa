/** Why the first bytes of a connection are not a ClientHello that we take. */
export interface ClientHelloFault {
  /** `not-tls`: another protocol, so no alert is owed. `too-large`: over the bound. `malformed`: against the RFC named in `what`. */
  readonly kind: 'not-tls' | 'too-large' | 'malformed';
  /** One sentence for people. Never holds bytes of the message. */
  readonly what: string;
}

export function malformed(what: string): ClientHelloFault {
  return { kind: 'malformed', what };
}
