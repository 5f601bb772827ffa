/** Labels that something must have; a value that begins with `~` is a regular expression of the whole value, on RE2's algorithm (linear time). */
import { RE2JS } from 're2js';
import { REGEX_LENGTH_MAX, REGEX_STEPS_MAX } from '../routing/regex.ts';
import type { Labels } from './labels.ts';

export type LabelMatch = (labels: Labels) => boolean;

/** A label that is not there counts as empty. @throws {Error} that names the expression and what is wrong with it. */
export function labelMatch(wanted: Labels): LabelMatch {
  const tests = Object.entries(wanted).map(([name, value]) => [name, valueTest(value)] as const);
  return (labels) => {
    for (const [name, test] of tests) if (!test(Object.hasOwn(labels, name) ? labels[name]! : '')) return false;
    return true;
  };
}

function valueTest(value: string): (given: string) => boolean {
  if (!value.startsWith('~')) return (given) => given === value;
  const source = value.slice(1);
  if (source.length > REGEX_LENGTH_MAX)
    throw new Error(`the regular expression has ${source.length} characters: at most ${REGEX_LENGTH_MAX} are allowed`);
  const compiled = compile(source);
  if (compiled.programSize() > REGEX_STEPS_MAX)
    throw new Error(`the regular expression "${source}" takes ${compiled.programSize()} steps: at most ${REGEX_STEPS_MAX} are allowed`);
  return (given) => compiled.testExact(given);
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new Error(`the regular expression "${source}" is not RE2 syntax: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
