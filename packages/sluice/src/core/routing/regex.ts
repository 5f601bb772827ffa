/**
 * Regular expressions of the configuration. JavaScript's own engine backtracks: one expression such as `(a+)+b` and one request stop a
 * worker for ever, and no static check finds all such expressions. So an engine that is linear in the text (RE2 syntax: no
 * look-around, no back-references) is handed in by the layer that may use libraries.
 */

/** True when the whole text matches. */
export type TextMatcher = (text: string) => boolean;

/**
 * Compiles an expression for whole-text matches in time linear in the text.
 * @throws when the source is not valid RE2 syntax; the message says where.
 */
export type CompileRegex = (source: string) => TextMatcher;
