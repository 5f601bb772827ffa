/** Writes a `Set-Cookie` value (RFC 6265 §4.1.1; SameSite by RFC 6265bis §4.1.2.7). */

/** Attributes of a cookie that we insert. */
export interface CookieAttributes {
  readonly name: string;
  readonly maxAgeSeconds: number | null;
  readonly path: string;
  readonly domain: string | null;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'strict' | 'lax' | 'none';
}

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;

/** Everything after the value, worked out once. */
export function cookieSuffix(attributes: CookieAttributes): string {
  const { maxAgeSeconds, path, domain, secure, httpOnly, sameSite } = attributes;
  return (
    `; Path=${path}` +
    (domain === null ? '' : `; Domain=${domain}`) +
    (maxAgeSeconds === null ? '' : `; Max-Age=${maxAgeSeconds}`) +
    // RFC 6265bis §5.7: user agents refuse SameSite=None without Secure.
    (secure || sameSite === 'none' ? '; Secure' : '') +
    (httpOnly ? '; HttpOnly' : '') +
    `; SameSite=${SAME_SITE[sameSite]}`
  );
}
