/** What is answered where there is nothing: the paths that are near, or the methods that the path takes. */
import { editDistance } from '../config/suggest.ts';
import { OPERATIONS } from './operations.ts';
import { type AdminReply, problem } from './problem.ts';

const NEAR_MAX = 10;

/** Whether a path cannot be read. */
export function isMissing(path: string): boolean {
  try {
    decodeURIComponent(path);
    return false;
  } catch {
    return true;
  }
}

export function missingReply(method: string, path: string): AdminReply {
  if (isMissing(path)) return problem(400, `the path "${path}" is not percent-encoded correctly`);
  const allowed = OPERATIONS.filter((operation) => fits(operation.path, path)).map((operation) => operation.method.toUpperCase());
  if (allowed.length === 0) return problem(404, `no such path: "${path}"; GET /api/openapi.json lists all`, { paths: nearTo(path) });
  return problem(405, `${path} takes ${allowed.join(' or ')}, not ${method}`, {}, { allow: allowed.join(', ') });
}

function fits(pattern: string, path: string): boolean {
  const expected = pattern.split('/');
  const given = path.split('/');
  return (
    given.length === expected.length &&
    expected.every((segment, index) => (segment.startsWith('{') ? given[index] !== '' : segment === given[index]))
  );
}

/** The nearest first. */
function nearTo(path: string): string[] {
  const far = (pattern: string): number => {
    const given = path.split('/');
    const segments = pattern.split('/');
    let sum = 4 * Math.abs(segments.length - given.length);
    // Names are anything, and a long segment is no slip of the finger.
    for (const [index, segment] of segments.entries())
      if (!segment.startsWith('{')) sum += editDistance(segment, (given[index] ?? '').slice(0, 64), 8);
    return sum;
  };
  return OPERATIONS.map((operation) => ({ line: `${operation.method.toUpperCase()} ${operation.path}`, distance: far(operation.path) }))
    .toSorted((left, right) => left.distance - right.distance)
    .slice(0, NEAR_MAX)
    .map(({ line }) => line);
}
