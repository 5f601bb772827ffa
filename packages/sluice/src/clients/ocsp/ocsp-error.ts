/** Why there is no OCSP answer to staple. */
export class OcspError extends Error {
  override readonly name = 'OcspError';
  /** The authority says that the certificate is revoked: no failure, but the worst news. */
  readonly isRevoked: boolean;

  constructor(message: string, more: { isRevoked?: boolean; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.isRevoked = more.isRevoked ?? false;
  }
}
