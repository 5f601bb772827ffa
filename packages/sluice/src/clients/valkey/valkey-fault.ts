/** What goes wrong between us and a Valkey or Redis server, sorted by what is to be done about it. No message has a password in it. */

export type ValkeyFaultKind =
  /** The library is not installed. */
  | 'setup'
  /** No connection now, or it was lost with the command under way, which may have been done. */
  | 'away'
  /** Connected, and no answer in time; the command may have been done, or may be yet. */
  | 'late'
  /** The server answered with an error: the password, a right that is missing, a key of another type. */
  | 'refused';

export class ValkeyFault extends Error {
  override readonly name = 'ValkeyFault';
  readonly kind: ValkeyFaultKind;

  constructor(kind: ValkeyFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
