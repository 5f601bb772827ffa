/**
 * From a canonical path of a request (`routing/path.ts`) to a name below a directory, or to none. Decoded once; what could leave the directory, mean two things, or was never meant to be public is no name:
 * dot segments, encoded slashes, backslashes, NUL and control characters, bytes that are no UTF-8, empty segments, names with a dot in front. What symbolic links do is looked at when the file is open.
 */

export interface FilePathRules {
  /** Whether names with a dot in front may be asked for. `.well-known` (RFC 8615) always may. */
  readonly dotfiles: boolean;
  /** Left out of the path's front, without its last slash; empty: none. Paths without it have no file. */
  readonly prefix: string;
}

export interface FilePath {
  /** Segments joined by `/`, none in front; empty: the directory itself. */
  readonly name: string;
  /** The path ends with a slash: a directory is meant. */
  readonly isDirectory: boolean;
}

/** What file systems take. */
const NAME_BYTES_MAX = 255;
const PATH_BYTES_MAX = 4000;

/** @returns Null: no file has this path. */
export function filePath(path: string, { dotfiles, prefix }: FilePathRules): FilePath | null {
  if (!path.startsWith(prefix) || path.length > PATH_BYTES_MAX) return null;
  const rest = path.slice(prefix.length);
  if (rest === '') return { name: '', isDirectory: false };
  if (rest[0] !== '/') return null;
  const decoded = decode(rest);
  if (decoded === null) return null;
  for (let start = 1; start < decoded.length;) {
    let end = decoded.indexOf('/', start);
    if (end < 0) end = decoded.length;
    if (!isName(decoded, start, end, dotfiles)) return null;
    start = end + 1;
  }
  const isDirectory = decoded.endsWith('/');
  return { name: decoded.slice(1, isDirectory ? -1 : undefined), isDirectory };
}

/** Null where an escape stands for a slash, or for no text. */
function decode(path: string): string | null {
  if (!path.includes('%')) return path;
  if (/%(?:2f|5c|00)/i.test(path)) return null;
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function isName(text: string, start: number, end: number, dotfiles: boolean): boolean {
  const length = end - start;
  if (length === 0 || length > NAME_BYTES_MAX) return false;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f || code === 0x5c) return false;
  }
  if (text[start] !== '.') return true;
  const name = text.slice(start, end);
  return name !== '.' && name !== '..' && (dotfiles || name === '.well-known');
}
