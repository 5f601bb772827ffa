/**
 * Turns the schema's issues into faults. Where a value may have several forms, only the form that was probably meant is reported: of the forms that fit
 * the value's kind, the one with the fewest faults. A reader who wrote `{ adress: … }` hears of the key, not that a text would have been possible.
 */
import type * as z from 'zod';
import { hintForKey, knownElsewhere } from './elsewhere.ts';
import { type Fault, makeFault, type Path, valueAt } from './fault.ts';
import { KNOWN_KEYS } from './schema/section.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Faults beyond this many are not listed: nobody reads them, and a generated configuration could have millions. */
export const FAULTS_MAX = 1000;

/** All issues as faults, in the configuration's order. */
export function explainIssues(root: unknown, issues: readonly Issue[]): Fault[] {
  const faults: Fault[] = [];
  for (const issue of issues) {
    explain(root, [], issue, faults);
    if (faults.length >= FAULTS_MAX) break;
  }
  return faults;
}

function explain(root: unknown, base: Path, issue: Issue, faults: Fault[]): void {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') return explainKeys(root, path, issue, faults);
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return explainUnion(root, path, issue, faults);
  if (issue.code === 'invalid_key') {
    const [what = '', hint] = (issue.issues[0]?.message ?? issue.message).split('\n');
    faults.push(makeFault(root, { path, what: what.replace('must be', 'is a key that must be'), hint: hint ?? null }));
    return;
  }
  const value = valueAt(root, path);
  faults.push(faultFrom(root, path, issue.message, suggestWord(value, [issue])));
}

function faultFrom(root: unknown, path: Path, message: string, suggestion: string | null): Fault {
  const [what = '', hint] = message.split('\n');
  return makeFault(root, { path, what, value: valueAt(root, path) ?? null, hint: hint ?? null, suggestion });
}

function explainKeys(root: unknown, path: Path, issue: Issue & { readonly keys: string[] }, faults: Fault[]): void {
  const known = issue.message.startsWith(KNOWN_KEYS) ? issue.message.slice(KNOWN_KEYS.length).split(' ') : [];
  for (const key of issue.keys) {
    const elsewhere = hintForKey(key, known);
    const suggestion = elsewhere === null ? suggest(key, known) : null;
    const hint = elsewhere ?? (suggestion === null && known.length > 0 ? `known keys: ${known.join(', ')}` : null);
    faults.push(makeFault(root, { path: [...path, key], what: 'is not a known key', suggestion, hint }));
  }
}

function explainUnion(root: unknown, path: Path, issue: Issue & { readonly errors: Issue[][] }, faults: Fault[]): void {
  const value = valueAt(root, path);
  const fitting = issue.errors.filter((branch) => !branch.some((inner) => isOtherKind(inner, value)));
  const meant = fitting.sort((left, right) => weight(left) - weight(right))[0];
  if (meant !== undefined) {
    for (const inner of meant) explain(root, path, inner, faults);
    return;
  }
  const atTop = issue.errors.flat().filter((inner) => inner.path.length === 0);
  const hint = atTop.map((inner) => inner.message.split('\n')[1]).find((line) => line !== undefined);
  const message = hint === undefined || issue.message.includes('\n') ? issue.message : `${issue.message}\n${hint}`;
  faults.push(faultFrom(root, path, message, suggestWord(value, atTop)));
}

/** Whether the issue says that the value is not of this form at all. */
function isOtherKind(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_type') return true;
  if (issue.code === 'invalid_value') return issue.values.length === 1 || typeof issue.values[0] !== typeof value;
  return (
    issue.code === 'invalid_union' &&
    issue.errors.length > 0 &&
    issue.errors.every((branch) => branch.some((inner) => isOtherKind(inner, value)))
  );
}

/** Unknown keys and missing parts speak against a form more than a wrong value does. */
function weight(issues: readonly Issue[]): number {
  let total = 0;
  for (const issue of issues) total += issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1;
  return total;
}

/** The nearest of the words that the issues allow. */
function suggestWord(value: unknown, issues: readonly Issue[]): string | null {
  if (typeof value !== 'string') return null;
  const words = issues.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values.map(String) : listedWords(issue.message)));
  return knownElsewhere(value, words) ?? suggest(value, words);
}

/** The words of a message that lists what is allowed. */
function listedWords(message: string): string[] {
  return message.startsWith('must be one of') ? Array.from(message.matchAll(/'([^']*)'/g), ([, word = '']) => word) : [];
}
