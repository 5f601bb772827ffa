/**
 * The token that the API asks for where it asks for one. It is asked of the person when the first 401 comes, kept for this tab only (sessionStorage), and sent in the Authorization header alone:
 * an address would be in histories and logs.
 */
import { signal } from '@preact/signals';

const KEY = 'sluice-token';
const WRONG = 'Sluice does not take the token that it was given: it is wrong, or not valid any more.';

/** Why a token is asked for; null: nobody asks. The dialog shows while it is not null. */
export const tokenQuestion = signal<string | null>(null);

let token = sessionStorage.getItem(KEY);
let answered: Promise<boolean> | null = null;
/** Who closed the dialog is not asked again until they want to try again. */
let isDeclined = false;
let answer: ((given: boolean) => void) | null = null;

export function authorization(): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Shows the dialog, once for all who ask meanwhile. @returns False: nobody gave one. */
export async function askForToken(why: string): Promise<boolean> {
  if (isDeclined) return false;
  answered ??= new Promise((resolve) => {
    answer = resolve;
    tokenQuestion.value = token === null ? why : WRONG;
  });
  return await answered;
}

/** The next 401 asks again. */
export function allowQuestion(): void {
  isDeclined = false;
}

/** What the dialog was closed with; null: with nothing. */
export function giveToken(given: string | null): void {
  isDeclined = given === null;
  if (given !== null) {
    token = given;
    sessionStorage.setItem(KEY, given);
  }
  tokenQuestion.value = null;
  answer?.(given !== null);
  answered = null;
  answer = null;
}
