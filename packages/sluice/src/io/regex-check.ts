/** Says before a Plan is made whether its regular expressions can be used: the same compiler, asked early. */
import { compileLinearRegex } from './regex.ts';

/** What is wrong with the expression; null when it can be used. */
export function checkLinearRegex(source: string): string | null {
  try {
    compileLinearRegex(source);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
