/** One address for what has many: scheme, `www.`, host, slash at the end. Says where a request belongs; null: it is there. Allocates only where it is not. */

export interface CanonicalRules {
  readonly scheme: 'http' | 'https' | null;
  readonly port: number | null;
  readonly www: 'add' | 'remove' | null;
  readonly host: string | null;
  readonly trailingSlash: 'add' | 'remove' | null;
}

/** A request's address: canonical parts, `port` as the client wrote it with its colon, or empty. */
export interface Address {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly query: string | null;
}

/** Where it belongs, as an absolute address; null: it is there already. */
export function canonicalAddress(rules: CanonicalRules, address: Address): string | null {
  const scheme = rules.scheme ?? address.scheme;
  const host = hostOf(rules, address.host);
  const path = pathOf(rules, address.path);
  if (scheme === address.scheme && host === address.host && path === address.path) return null;
  const keepsPort = scheme === address.scheme && rules.port === null;
  const port = keepsPort ? address.port : rules.port === null ? '' : `:${rules.port}`;
  return `${scheme}://${host}${port}${path}${address.query === null ? '' : `?${address.query}`}`;
}

function hostOf({ www, host }: CanonicalRules, given: string): string {
  const wanted = host ?? given;
  if (www === null || !isName(wanted)) return wanted;
  if (www === 'add') return wanted.startsWith('www.') ? wanted : `www.${wanted}`;
  return wanted.startsWith('www.') && wanted.indexOf('.', 4) > 0 ? wanted.slice(4) : wanted;
}

/** A name with a dot, and no address. */
function isName(host: string): boolean {
  const last = host.charCodeAt(host.length - 1);
  return host.includes('.') && !host.includes(':') && !(last >= 0x30 && last <= 0x39);
}

function pathOf({ trailingSlash }: CanonicalRules, path: string): string {
  if (trailingSlash === null || path === '*' || path === '/') return path;
  const hasSlash = path.endsWith('/');
  if (trailingSlash === 'add') return hasSlash || path.includes('.', path.lastIndexOf('/')) ? path : `${path}/`;
  if (!hasSlash) return path;
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) === 0x2f) end--;
  return path.slice(0, end);
}
