/**
 * The two properties. (1) Whatever Sluice accepts, Node reads the same way: as many requests, and of each the same method, target,
 * version, fields, body, trailers and end. Node may refuse what Sluice refuses; it may not see something else. (2) The cuts do not matter.
 */
import { METHODS } from 'node:http';
import type { ReadRequest, Reading } from './reading.ts';

const nodeMethods = new Set(METHODS);

/**
 * Whether some line begins as HTTP/2's preface does (`PRI`, RFC 9113 §3.4, reserved so that HTTP/1 readers fail at it). Node's parser stops there
 * without an error and without ending what came before; Sluice answers what came before and refuses the line.
 */
export function hasHttp2Preface(bytes: Buffer): boolean {
  return /(^|\n)PRI /.test(bytes.toString('latin1'));
}

/** The first difference in words, or null. */
export function disagreement(sluice: Reading, node: Reading): string | null {
  for (const [index, own] of sluice.requests.entries()) {
    if (!nodeMethods.has(own.method)) return null; // Node knows a fixed list; any token is a method (RFC 9110 §9.1)
    if (own.method === 'CONNECT') return null; // Node hands the connection over instead
    const other = node.requests[index];
    if (other === undefined) return `request ${index}: Sluice accepts it, Node does not see it (${node.fault ?? 'no error'})`;
    if (!own.isComplete && sluice.fault !== null) return null; // refused in its body: nothing of its end is accepted
    const difference = requestDifference(own, other);
    if (difference !== null) return `request ${index}: ${difference} (Node: ${node.fault ?? 'no error'})`;
  }
  return null;
}

function requestDifference(own: ReadRequest, other: ReadRequest): string | null {
  if (own.method !== other.method) return `method ${own.method} | ${other.method}`;
  if (own.target !== other.target) return `target ${own.target} | ${other.target}`;
  if (own.minorVersion !== other.minorVersion) return `version 1.${own.minorVersion} | 1.${other.minorVersion}`;
  if (!isSame(own.fields, other.fields)) return `fields ${JSON.stringify(own.fields)} | ${JSON.stringify(other.fields)}`;
  if (own.isComplete && !other.isComplete) return 'Sluice sees its end, Node does not';
  if (own.isComplete && own.body !== other.body) return `body ${JSON.stringify(own.body)} | ${JSON.stringify(other.body)}`;
  if (!own.isComplete && other.isComplete) return 'Node sees its end, Sluice does not';
  if (own.isComplete && !isSame(own.trailers, other.trailers)) {
    return `trailers ${JSON.stringify(own.trailers)} | ${JSON.stringify(other.trailers)}`;
  }
  return null;
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index]);
}

/** How two readings of the same bytes with other cuts differ, or null. */
export function cutDifference(whole: Reading, cut: Reading): string | null {
  if (whole.fault !== cut.fault) return `whole: ${whole.fault ?? 'no fault'}, cut: ${cut.fault ?? 'no fault'}`;
  const [left, right] = [JSON.stringify(whole), JSON.stringify(cut)];
  return left === right ? null : `whole ${left}, cut ${right}`;
}
