/** Asserts stay on in production: a broken invariant stops the work at hand instead of spoiling it. */

/** The programmer's error: something that must hold did not. Never thrown for bad input from outside. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Checks an invariant.
 * @param held What must be true.
 * @param what The invariant in words, completing "must hold: …".
 * @throws {AssertionError} when it is not.
 */
export function assert(held: unknown, what: string): asserts held {
  if (!held) throw new AssertionError(`must hold: ${what}`);
}

/** Marks the branch that an exhaustive `switch` never reaches. */
export function unreachable(value: never): never {
  throw new AssertionError(`must hold: no other case than ${JSON.stringify(value)}`);
}
