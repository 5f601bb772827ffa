/**
 * Which stored replies an unsafe request makes invalid (RFC 9111 §4.4): its own URI, and those of Location and Content-Location if they
 * are of the same origin, when the answer was no error. A method that we do not know counts as unsafe.
 */
import { normalizePath, type PathOptions } from '../../routing/path.ts';
import type { Fields } from './fields.ts';

/** Registered as safe (IANA HTTP Method Registry). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']);

/** The URI of a request, as the key has it. */
export interface TargetUri {
  /** `http` or `https`. */
  readonly scheme: string;
  /** Normalised, with its port where that is not the scheme's own. */
  readonly authority: string;
  /** Canonical. */
  readonly path: string;
  /** Without its `?`; null when there is none. */
  readonly query: string | null;
}

/** RFC 9110 §9.2.1. CONNECT has no URI and counts as safe. */
export function isUnsafe(method: string): boolean {
  return method !== 'CONNECT' && !SAFE.has(method);
}

/** An unsafe request, or any other. */
export interface InvalidatingRequest {
  readonly method: string;
  readonly target: TargetUri;
}

/**
 * The URIs whose stored replies, with all their variants, are invalid now; at most three, the request's own first.
 * @param paths How paths are brought into their canonical form here; a reference that is refused names nothing.
 */
export function invalidatedBy(request: InvalidatingRequest, status: number, response: Fields, paths: PathOptions): readonly TargetUri[] {
  if (!isUnsafe(request.method) || status < 200 || status > 399) return [];
  const uris = [request.target];
  for (const name of ['location', 'content-location']) {
    const reference = response.get(name);
    const uri = reference === null ? null : sameOrigin(request.target, reference, paths);
    if (uri !== null && !uris.some((other) => other.path === uri.path && other.query === uri.query)) uris.push(uri);
  }
  return uris;
}

const ABSOLUTE = /^([a-z][a-z0-9+.-]*):\/\/([^/?]*)/i;

/** Resolves a reference (RFC 3986 §5.2.2); null when it is of another origin or cannot be read. */
function sameOrigin(base: TargetUri, reference: string, paths: PathOptions): TargetUri | null {
  const hash = reference.indexOf('#');
  let rest = hash < 0 ? reference : reference.slice(0, hash);
  const absolute = ABSOLUTE.exec(rest);
  if (absolute !== null) {
    if (absolute[1]!.toLowerCase() !== base.scheme) return null;
    rest = rest.slice(absolute[1]!.length + 1);
  } else if (/^[a-z][a-z0-9+.-]*:/i.test(rest)) return null;
  if (rest.startsWith('//')) {
    const end = rest.slice(2).search(/[/?]/);
    const authority = end < 0 ? rest.slice(2) : rest.slice(2, end + 2);
    if (plainAuthority(authority, base.scheme) !== plainAuthority(base.authority, base.scheme)) return null;
    rest = end < 0 ? '/' : rest.slice(end + 2);
    if (rest.startsWith('?')) rest = `/${rest}`;
  }
  return resolvePath(base, rest, paths);
}

function resolvePath(base: TargetUri, reference: string, paths: PathOptions): TargetUri | null {
  const question = reference.indexOf('?');
  const query = question < 0 ? null : reference.slice(question + 1);
  const relative = question < 0 ? reference : reference.slice(0, question);
  if (relative === '') return { ...base, query: question < 0 ? base.query : query };
  const joined = relative.startsWith('/') ? relative : base.path.slice(0, base.path.lastIndexOf('/') + 1) + relative;
  const path = normalizePath(joined, paths);
  return path === null ? null : { ...base, path, query };
}

/** Lower case, without the scheme's own port. */
function plainAuthority(authority: string, scheme: string): string {
  const lower = authority.toLowerCase();
  const port = scheme === 'https' ? ':443' : ':80';
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}
