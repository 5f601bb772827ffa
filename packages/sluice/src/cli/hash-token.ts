/** `sluice hash-token`: a new token for the admin API, shown once, with its digest for the configuration; or the digest of one that there is. Tokens come from stdin or are typed without being shown; never from the command line, where others see them. */
import { createHash, randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { usageFault } from './console.ts';
import { askSecret } from './secret-prompt.ts';

interface TokenFlags {
  readonly given?: true;
}

const TOKEN_BYTES = 32;
const TOKEN_LENGTH_MIN = 16;
const TOKEN_LENGTH_MAX = 256;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('hash-token')
    .description('Make a token for the admin API, and print it with the digest that the configuration has (admin.tokens).')
    .option('--given', 'print the digest of a token that is read from stdin, or asked for')
    .action((flags: TokenFlags) => (flags.given === true ? printDigest() : printNewToken()));
}

function printNewToken(): void {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  process.stdout.write(`token:  ${token}\nsha256: ${digestOf(token)}\n`);
}

async function printDigest(): Promise<void> {
  const token = process.stdin.isTTY ? await askSecret('Token: ') : await readInput();
  // The characters that fit into an Authorization field (RFC 9110 §5.5) without blanks.
  if (!/^[!-~]*$/.test(token)) throw usageFault('the token may have visible ASCII characters only');
  if (token.length < TOKEN_LENGTH_MIN || token.length > TOKEN_LENGTH_MAX)
    throw usageFault(`the token must have ${TOKEN_LENGTH_MIN} to ${TOKEN_LENGTH_MAX} characters, it has ${token.length}`);
  process.stdout.write(`sha256: ${digestOf(token)}\n`);
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** One line end at its end does not count; what is longer than any token is not read. */
async function readInput(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin as AsyncIterable<string>) {
    text += part;
    if (text.length > TOKEN_LENGTH_MAX + 2) throw usageFault(`the token is longer than ${TOKEN_LENGTH_MAX} characters`);
  }
  return text.replace(/\r?\n$/, '');
}
