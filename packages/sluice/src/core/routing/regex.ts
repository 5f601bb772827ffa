/**
 * Regular expressions of the configuration. JavaScript's own engine backtracks: one expression such as `(a+)+b` and one request stop a
 * worker for ever, and no static check finds all such expressions. So an engine that is linear in the text (RE2 syntax: no
 * look-around, no back-references) is handed in by the layer that may use libraries.
 */

/** True when the whole text matches. */
export type TextMatcher = (text: string) => boolean;

/**
 * Makes a matcher that takes time linear in the text.
 * It or its matcher throws when the source is not valid; validation refuses those before, and a matcher that throws matches nothing.
 */
export type CompileRegex = (source: string) => TextMatcher;

/** Characters of an expression at most. */
export const REGEX_LENGTH_MAX = 1024;

/**
 * Instructions of a compiled expression at most. Linear is the text's length times the program, about 30 ns a step where the engine cannot
 * cache its states, and `x{500}` becomes 500 copies of `x`. This bounds the worst expression on the longest path (8 KiB) to about
 * 0.1 s; a UUID takes 40 steps, `[^/]{1,64}` 130.
 */
export const REGEX_STEPS_MAX = 512;
