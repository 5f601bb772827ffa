/** `sluice hash-password`: the hash of a password for `basic`, or a new key for `apiKey`. Passwords come from stdin or are typed without being shown; never from the command line, where others see them. */
import { createHash, randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { hashPassword } from '../io/password.ts';
import { CommandFault, EXIT_USAGE, usageFault } from './console.ts';
import { askSecret } from './secret-prompt.ts';

interface HashFlags {
  readonly newKey?: true;
}

/** What fits into a header with room to spare. */
const PASSWORD_BYTES_MAX = 1_024;
const KEY_BYTES = 32;
// oxlint-disable-next-line no-control-regex -- RFC 7617 §2: must not be in it
const CONTROL = /[\0-\x1f\x7f]/;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('hash-password')
    .description('Print the hash of a password, for the filters basic and apiKey. Reads the password from stdin, or asks for it.')
    .option('--new-key', 'make a new API key, and print it with its hash')
    .action((flags: HashFlags) => (flags.newKey === true ? printNewKey() : printHash()));
}

async function printHash(): Promise<void> {
  const password = process.stdin.isTTY ? await typedTwice() : await readInput();
  const problem = passwordProblem(password);
  if (problem !== null) throw usageFault(problem);
  process.stdout.write(`${await hashPassword(password)}\n`);
}

function printNewKey(): void {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  process.stdout.write(`key:  ${key}\nhash: sha256:${createHash('sha256').update(key).digest('hex')}\n`);
}

/** Null: it can be used. */
export function passwordProblem(password: string): string | null {
  if (password === '') return 'the password is empty; write it to stdin: printf %s "$PASSWORD" | sluice hash-password';
  if (CONTROL.test(password)) return 'the password has control characters, which no browser can send';
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) return `the password is longer than ${PASSWORD_BYTES_MAX} bytes`;
  return null;
}

async function typedTwice(): Promise<string> {
  const first = await askSecret('Password: ');
  if ((await askSecret('Again: ')) !== first) throw new CommandFault(['the two passwords differ'], EXIT_USAGE);
  return first;
}

/** One line end at its end does not count. */
async function readInput(): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > PASSWORD_BYTES_MAX + 2) throw usageFault(`the password is longer than ${PASSWORD_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
