/** Name and password as they come in a field (RFC 7617 §2): base64 of both, joined by a colon. */
import { hasScheme } from '../../core/jwt/token-text.ts';

export interface BasicCredentials {
  /** NFC (RFC 8265 §4.2). */
  readonly name: string;
  readonly password: string;
}

/** Of credentials, in base64; longer ones are nobody's. */
const CREDENTIALS_MAX = 4_096;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
// oxlint-disable-next-line no-control-regex -- RFC 7617 §2: must not be there
const CONTROL = /[\0-\x1f\x7f]/;
const SCHEME = 'basic';

/** Null when that is not what stands there. */
export function readBasicCredentials(field: string | null): BasicCredentials | null {
  if (field === null || !hasScheme(field, SCHEME)) return null;
  const credentials = field.slice(SCHEME.length + 1).trim();
  if (credentials.length > CREDENTIALS_MAX || !BASE64.test(credentials)) return null;
  const pair = Buffer.from(credentials, 'base64').toString('utf8').normalize('NFC');
  const colon = pair.indexOf(':');
  return colon < 0 || CONTROL.test(pair) ? null : { name: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
