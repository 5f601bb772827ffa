import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { join } from 'node:path';
import type { ReadStream } from 'node:tty';
import { test } from 'node:test';
import { runProgram } from '../../test/support/run-program.ts';
import { isPassword } from '../io/password.ts';
import { askSecret } from './secret-prompt.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js');

test('the password that was written to it is the one that its hash is of, without the line end', async () => {
  const { code, output } = await runProgram(process.execPath, [PROGRAM, 'hash-password'], { input: 'kä se:cret\n' });
  assert.equal(code, 0, output);
  assert.match(output, /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}\n$/);
  assert.equal(await isPassword('kä se:cret', output.trim()), true);
  assert.equal(await isPassword('kä se:cret\n', output.trim()), false);
});

test('a new key fits its hash', async () => {
  const { output } = await runProgram(process.execPath, [PROGRAM, 'hash-password', '--new-key']);
  const [, key = '', digest] = /^key: {2}([\w-]{43})\nhash: sha256:([0-9a-f]{64})\n$/.exec(output) ?? [];
  assert.equal(createHash('sha256').update(key).digest('hex'), digest);
});

test('what cannot be a password is one line and nothing of it', async () => {
  for (const [input, expected] of [
    ['', /the password is empty; write it to stdin/],
    ['hunter2\thunter2', /the password has control characters/],
    ['hunter2'.repeat(200), /the password is longer than 1024 bytes/],
  ] as const) {
    const { code, output } = await runProgram(process.execPath, [PROGRAM, 'hash-password'], { input });
    assert.deepEqual([code, output.trim().split('\n').length], [2, 1], output);
    assert.match(output, expected);
    assert.doesNotMatch(output, /hunter2/);
  }
});

test('what is typed is not shown; mistakes are taken back; Ctrl-C gives up', async () => {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean) => modes.push(isRaw) }) as unknown as ReadStream &
    PassThrough;
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WritableStream;
  const typed = askSecret('Password: ', input, output);
  input.write('se😀\u007fc');
  input.write('ret\r');
  assert.equal(await typed, 'secret');
  assert.deepEqual(written, ['Password: ', '\n']);
  const given = askSecret('Again: ', input, output);
  input.write('abc\u0003');
  await assert.rejects(given, /given up/);
  assert.deepEqual(modes, [true, false, true, false]);
});
