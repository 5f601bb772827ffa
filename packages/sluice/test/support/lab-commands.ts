/** The other end of `LabProcess.ask`: a program's commands by name, called with what was asked. */
import { createInterface } from 'node:readline';

export type LabCommands = Readonly<Record<string, (command: never) => unknown>>;

/** Says something unasked. */
export function tell(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Answers commands until the input ends, which ends the program: it never outlives its test. */
export function answerCommands(commands: LabCommands): void {
  createInterface(process.stdin)
    .on('line', (line) => void answer(commands, JSON.parse(line) as { id: number; op: string }))
    .on('close', () => process.exit(0));
  tell({ ready: true });
}

async function answer(commands: LabCommands, command: { id: number; op: string }): Promise<void> {
  try {
    tell({ id: command.id, result: (await commands[command.op]!(command as never)) ?? null });
  } catch (error) {
    tell({ id: command.id, error: error instanceof Error ? error.message : String(error) });
  }
}
