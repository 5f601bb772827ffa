/** The number in an answer to a GET: the whole answer, or what stands at a JSON pointer (RFC 6901) in it. */

const SHOWN_MAX = 60;

/**
 * Reads it.
 * @param pointer '' = the whole answer.
 * @throws {Error} when there is none; the message says what is there.
 */
export function numberAt(text: string, pointer: string): number {
  let value = parse(text);
  for (const token of pointer.split('/').slice(1)) value = member(value, token.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const place = pointer === '' ? 'the answer' : `what stands at ${JSON.stringify(pointer)} in the answer`;
  throw new Error(`${place} is ${value === undefined ? 'not there' : `no number: ${JSON.stringify(value).slice(0, SHOWN_MAX)}`}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`the answer is neither a number nor JSON: ${JSON.stringify(text.slice(0, SHOWN_MAX))}`);
  }
}

/** RFC 6901 §4: an array's member is named by its index, without leading zeros. */
function member(value: unknown, token: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^(?:0|[1-9]\d{0,8})$/.test(token) ? (value as readonly unknown[])[Number(token)] : undefined;
  return Object.hasOwn(value, token) ? (value as Readonly<Record<string, unknown>>)[token] : undefined;
}
