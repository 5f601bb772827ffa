/** `sluice schema`: the configuration's JSON Schema, for editors. */
import type { Command } from 'commander';
import { configJsonSchema } from '../config/json-schema.ts';

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('schema')
    .description('Print the JSON Schema of the configuration (2020-12), for editors and other tools.')
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}
