/** What the commands write for people: results on stdout, events and faults on stderr, colours only where they are seen. */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { SayEvent } from '../control/say-event.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { type EventFormat, type EventRecord, formatEvent } from '../observe/events.ts';

/** The command was called or configured wrongly: one line each, exit 2. */
export const EXIT_USAGE = 2;
/** It was understood, but could not be done: exit 1. */
export const EXIT_FAILED = 1;

/** Ends the command with lines for the person who called it. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
  readonly lines: readonly string[];
  readonly exitCode: number;

  constructor(lines: readonly string[], exitCode: number) {
    super(lines.join('\n'));
    this.lines = lines;
    this.exitCode = exitCode;
  }
}

/** The one line, `sluice: …`, that a wrong flag gets. */
export function usageFault(line: string): CommandFault {
  return new CommandFault([line], EXIT_USAGE);
}

type Style = Parameters<typeof styleText>[0];

/** The text in a style, plain where the stream is not a terminal or NO_COLOR is set. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Writes the lines of a fault to stderr. */
export function printFault(fault: CommandFault): void {
  for (const line of fault.lines) process.stderr.write(`${styled('red', 'sluice:', process.stderr)} ${line}\n`);
}

const LEVEL_STYLES = { info: 'dim', warn: 'yellow', error: 'red' } as const;

/** Writes an event to stderr, as one line; JSON is for programs, so without colours. */
export function printEvent(event: EventRecord, format: EventFormat): void {
  const line = formatEvent(event, nodeRuntime.clock.wall(), format).trimEnd();
  process.stderr.write(`${format === 'json' ? line : styled(LEVEL_STYLES[event.level], line, process.stderr)}\n`);
}

/** Writes events to stderr, one line each. */
export const sayOnStderr: SayEvent = (level, what, detail) => printEvent({ level, what, detail }, 'text');

const INSTANCE_STYLES = ['cyan', 'magenta', 'green', 'yellow', 'blue'] as const;

/** Writes a line of an instance with its name before it. Control sequences of the program are kept only on a terminal. */
export function printInstanceLine(instance: string, stream: 'stdout' | 'stderr', line: string): void {
  const out = process[stream];
  const number = Number(instance.slice(instance.lastIndexOf('.') + 1));
  const name = styled(INSTANCE_STYLES[(number - 1) % INSTANCE_STYLES.length] ?? 'cyan', `[${instance}]`, out);
  out.write(`${name} ${out.isTTY ? line : plainLine(line)}\n`);
}

/** What a program wrote, without anything that steers a terminal: sequences, and single characters such as a return that writes over the name before it. */
export function plainLine(line: string): string {
  // oxlint-disable-next-line no-control-regex -- these it is about
  return stripVTControlCharacters(line).replace(/[\0-\u0008\u000a-\u001f\u007f-\u009f]/g, '');
}
