/** Checks regular expressions of the configuration: RE2 syntax, which runs in time linear in the input whatever a client sends. */
import { RE2JS } from 're2js';

/** Says what is wrong with the expression; null when it compiles. */
export function checkRegex(source: string): string | null {
  try {
    RE2JS.compile(source);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
