/**
 * The regular expressions of one host. Each stands at the node of the literal segments that its matches begin with (`/api/` for
 * `/api/v[0-9]+/.*`), so a request asks only those whose segments it has: one look-up per segment, then one comparison for each expression
 * there, and the engine for those whose literal start fits.
 */
import type { Candidate } from './candidate-list.ts';
import type { RouteRequest } from './matcher.ts';
import { regexSatisfies, type CompiledRegexPath } from './path-condition.ts';

interface Entry {
  readonly path: CompiledRegexPath;
  readonly candidate: Candidate;
}

class Node {
  readonly children = new Map<string, Node>();
  /** In rank order. */
  readonly entries: Entry[] = [];
}

const SLASH = 0x2f;

/** Expressions by their literal segments. Candidates are added in rank order. */
export class RegexTable {
  readonly #root = new Node();

  add(path: CompiledRegexPath, candidate: Candidate): void {
    let node = this.#root;
    let start = 1;
    let end = path.prefix.startsWith('/') ? path.prefix.indexOf('/', start) : -1;
    while (end >= 0) {
      const segment = path.prefix.slice(start, end);
      let child = node.children.get(segment);
      if (child === undefined) node.children.set(segment, (child = new Node()));
      node = child;
      start = end + 1;
      end = path.prefix.indexOf('/', start);
    }
    node.entries.push({ path, candidate });
  }

  /** The best candidate below a rank. */
  find(request: RouteRequest, limit: number): Candidate | null {
    const path = request.path;
    let best: Candidate | null = null;
    let node: Node | undefined = this.#root;
    let position = 0;
    while (node !== undefined) {
      best = firstOf(node.entries, request, best === null ? limit : best.rank) ?? best;
      if (node.children.size === 0 || path.charCodeAt(position) !== SLASH) return best;
      const end = path.indexOf('/', position + 1);
      if (end < 0) return best;
      node = node.children.get(path.slice(position + 1, end));
      position = end;
    }
    return best;
  }
}

function firstOf(entries: readonly Entry[], request: RouteRequest, limit: number): Candidate | null {
  for (const { path, candidate } of entries) {
    if (candidate.rank >= limit) return null;
    if (!request.path.startsWith(path.prefix) || !regexSatisfies(request.path, path.matches)) continue;
    if (candidate.conditions === null || candidate.conditions.hold(request)) return candidate;
  }
  return null;
}
