/** Asks for a text on the terminal without showing it. */
import type { ReadStream } from 'node:tty';
import { CommandFault, EXIT_FAILED } from './console.ts';

const CONTROL_C = '\u0003';
const CONTROL_D = '\u0004';
const BACKSPACES = '\u0008\u007f';
const CHARACTERS_MAX = 1_024;

/** What was typed up to Enter. @throws {CommandFault} when it is given up. */
export function askSecret(
  prompt: string,
  input: ReadStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<string> {
  output.write(prompt);
  input.setRawMode(true);
  input.setEncoding('utf8');
  input.resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (): void => {
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
      output.write('\n');
    };
    const onData = (text: string): void => {
      for (const character of text) {
        if (character === '\r' || character === '\n') return (finish(), resolve(typed));
        if (character === CONTROL_C || character === CONTROL_D) return (finish(), reject(new CommandFault(['given up'], EXIT_FAILED)));
        if (BACKSPACES.includes(character)) typed = Array.from(typed).slice(0, -1).join('');
        else if (typed.length < CHARACTERS_MAX) typed += character;
      }
    };
    input.on('data', onData);
  });
}
