/**
 * All routes of one host, looked up by path: exact paths in a Map, prefixes and patterns in a trie of segments, regular expressions
 * by their literal start. Every candidate has a rank (its place in the total order of `specificity.ts`), every table and trie node the best rank under it:
 * a branch that cannot beat what was found already is not walked. Cost: one Map look-up for the path, then one per segment for as long
 * as the trie has children; a level with a literal and a parameter child may be walked twice. Never more than the configured nodes.
 */
import { CandidateList, type Candidate } from './candidate-list.ts';
import type { RouteRequest } from './matcher.ts';
import type { CompiledPath } from './path-condition.ts';
import type { PathPattern } from './pattern.ts';
import { RegexTable } from './regex-table.ts';

class TrieNode {
  /** The only literal child and its text, while there is one: most nodes never need a Map. */
  literal: string | null = null;
  child: TrieNode | null = null;
  /** All literal children, from the second on. */
  children: Map<string, TrieNode> | null = null;
  parameter: TrieNode | null = null;
  /** Patterns that end here; in rank order. */
  closed: CandidateList | null = null;
  /** Patterns that are open here; in rank order. */
  open: CandidateList | null = null;
  /** The best rank at or under this node. */
  readonly bestRank: number;

  constructor(bestRank: number) {
    this.bestRank = bestRank;
  }

  /** The child for a literal segment, made when there is none. */
  grow(segment: string, rank: number): TrieNode {
    const present = this.children === null ? (this.literal === segment ? this.child : null) : this.children.get(segment);
    if (present !== null && present !== undefined) return present;
    const child = new TrieNode(rank);
    if (this.child === null) {
      this.literal = segment;
      this.child = child;
      return child;
    }
    this.children ??= new Map([[this.literal ?? '', this.child]]);
    this.children.set(segment, child);
    return child;
  }

  /** The child for the segment `path[start..end)`. */
  descend(path: string, start: number, end: number): TrieNode | null {
    if (this.children !== null) return this.children.get(path.slice(start, end)) ?? null;
    const literal = this.literal;
    return literal !== null && literal.length === end - start && path.startsWith(literal, start) ? this.child : null;
  }
}

const SLASH = 0x2f;
const UNREACHABLE = Number.MAX_SAFE_INTEGER;

/** Routes by path. Candidates are added in rank order, so that lists and best ranks need no upkeep. */
export class PathTable {
  /** The rank of the first candidate. */
  bestRank: number = UNREACHABLE;
  #exact: Map<string, CandidateList> | null = null;
  #root: TrieNode | null = null;
  #regexes: RegexTable | null = null;
  #found: Candidate | null = null;
  #limit: number = UNREACHABLE;

  /** Adds a candidate whose rank is above all that were added before. */
  add(path: CompiledPath, candidate: Candidate): void {
    if (this.bestRank === UNREACHABLE) this.bestRank = candidate.rank;
    switch (path.kind) {
      case 'exact':
        this.#exact ??= new Map();
        this.#addExact(this.#exact, path.path, candidate);
        return;
      case 'segments':
        this.#addPattern(path.pattern, candidate);
        return;
      case 'regex':
        (this.#regexes ??= new RegexTable()).add(path, candidate);
    }
  }

  #addExact(exact: Map<string, CandidateList>, path: string, candidate: Candidate): void {
    const list = exact.get(path);
    if (list === undefined) exact.set(path, new CandidateList(candidate));
    else list.push(candidate);
  }

  #addPattern(pattern: PathPattern, candidate: Candidate): void {
    let node = (this.#root ??= new TrieNode(candidate.rank));
    for (const segment of pattern.segments) {
      node = segment === null ? (node.parameter ??= new TrieNode(candidate.rank)) : node.grow(segment, candidate.rank);
    }
    if (pattern.isOpen) node.open = extend(node.open, candidate);
    else node.closed = extend(node.closed, candidate);
  }

  /**
   * The best candidate for a request.
   * @param limit Only ranks below it are wanted.
   */
  find(request: RouteRequest, limit: number): Candidate | null {
    this.#found = null;
    this.#limit = limit;
    const exact = this.#exact?.get(request.path);
    if (exact !== undefined) this.#offer(exact, request);
    if (this.#root !== null && this.#root.bestRank < this.#limit) this.#walk(this.#root, 0, request);
    return this.#regexes?.find(request, this.#limit) ?? this.#found;
  }

  /** Takes the first candidate that beats what was found and whose conditions hold. */
  #offer(candidates: CandidateList, request: RouteRequest): void {
    const found = candidates.find(request, this.#limit);
    if (found === null) return;
    this.#found = found;
    this.#limit = found.rank;
  }

  /** Deeper nodes first: they rank higher as a rule, and then rule out the rest. @param position End of what `node` stands for. */
  #walk(node: TrieNode, position: number, request: RouteRequest): void {
    const path = request.path;
    if (position === path.length) {
      if (node.closed !== null) this.#offer(node.closed, request);
    } else if (path.charCodeAt(position) === SLASH && (node.child !== null || node.parameter !== null)) {
      let end = path.indexOf('/', position + 1);
      if (end < 0) end = path.length;
      const child = node.descend(path, position + 1, end);
      if (child !== null && child.bestRank < this.#limit) this.#walk(child, end, request);
      const parameter = node.parameter;
      if (parameter !== null && end > position + 1 && parameter.bestRank < this.#limit) this.#walk(parameter, end, request);
    }
    if (node.open !== null) this.#offer(node.open, request);
  }
}

function extend(list: CandidateList | null, candidate: Candidate): CandidateList {
  if (list === null) return new CandidateList(candidate);
  list.push(candidate);
  return list;
}
