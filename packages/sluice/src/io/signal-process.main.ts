/**
 * The process of the configuration's functions: loads the configuration named on its command line, calls what it is asked to, and ends with who asks. The
 * functions are code, and may here do what they like: loop, throw, exit.
 */
import { firstLine } from '../config/fault.ts';
import { functionAt } from '../config/scaling-facts.ts';
import { importConfigModule } from './config-module.ts';
import type { FromSignalProcess, SignalCall } from './signal-process-protocol.ts';

const say = (message: FromSignalProcess): void => void process.send?.(message);

let config: unknown;

async function load(): Promise<void> {
  try {
    config = await importConfigModule(process.argv[2] ?? '');
    say({ type: 'loaded', fault: null });
  } catch (error) {
    say({ type: 'loaded', fault: firstLine(error) });
  }
}

async function call({ id, key, facts }: SignalCall): Promise<void> {
  try {
    const signal = functionAt(config, key);
    if (signal === null) throw new Error('there is no function there any more');
    const value: unknown = await signal(facts);
    if (typeof value !== 'number') throw new Error(`it returned ${value === null ? 'null' : `a ${typeof value}`}, not a number`);
    say({ type: 'answer', id, value });
  } catch (error) {
    say({ type: 'fault', id, reason: firstLine(error) });
  }
}

process.on('message', (message) => void call(message as SignalCall));
process.on('disconnect', () => process.exit(0));
// What a function leaves to fail later; said without the line of source that Node would show: it may hold a secret.
process.on('uncaughtException', () => process.exit(1));
// What a terminal or an init system sends to everybody is for the gateway, which ends us.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
await load();
