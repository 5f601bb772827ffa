/** A token as it comes: in `Authorization: Bearer` (RFC 6750 §2.1), and its three parts (RFC 7515 §7.1). What is not exactly that is refused before anything is decoded. */

/** Longer ones are refused: no issuer makes them, and each costs a decoding. */
export const TOKEN_BYTES_MAX = 16 * 1024;

const SCHEME = 'bearer';

/** Whether the credentials are of this scheme (RFC 9110 §11.1: any case). @param scheme Lower case. */
export function hasScheme(credentials: string, scheme: string): boolean {
  if (credentials.length < scheme.length) return false;
  for (let index = 0; index < scheme.length; index++) if ((credentials.charCodeAt(index) | 0x20) !== scheme.charCodeAt(index)) return false;
  return credentials.length === scheme.length || credentials.charCodeAt(scheme.length) === 0x20;
}

export function isBearer(credentials: string): boolean {
  return hasScheme(credentials, SCHEME);
}

/** What follows the scheme. */
export function bearerToken(credentials: string): string {
  return credentials.slice(SCHEME.length).trim();
}

/** Whether it is three parts of base64url joined by dots. Two Authorization fields, joined by `, `, are not. */
export function isTokenShaped(token: string): boolean {
  if (token.length > TOKEN_BYTES_MAX) return false;
  let dots = 0;
  let previous = -1;
  for (let index = 0; index < token.length; index++) {
    const code = token.charCodeAt(index);
    if (code === 0x2e) {
      if (index - previous < 2) return false;
      previous = index;
      dots++;
    } else if (!isBase64Url(code)) return false;
  }
  return dots === 2 && token.length - previous > 1;
}

function isBase64Url(code: number): boolean {
  const letter = code | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
}
