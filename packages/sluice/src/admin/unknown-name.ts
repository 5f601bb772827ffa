/** The reply to a name that nothing has: what there is instead, and what was perhaps meant. */
import { suggest } from '../config/suggest.ts';
import { type AdminReply, problem } from './problem.ts';

const LISTED_MAX = 20;

/** @param kind What it would have been: `service`. */
export function unknownName(kind: string, name: string, known: readonly string[]): AdminReply {
  const meant = suggest(name, known);
  const hint = meant === null ? '' : `; did you mean "${meant}"`;
  const more = known.length > LISTED_MAX ? `, and ${known.length - LISTED_MAX} more` : '';
  const there = known.length === 0 ? 'there is none' : `there is ${known.slice(0, LISTED_MAX).join(', ')}${more}`;
  return problem(404, `no ${kind} "${name}"${hint}; ${there}`, { known: known.slice(0, LISTED_MAX) });
}
