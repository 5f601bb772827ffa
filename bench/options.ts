/** The command line: `npm run bench [-- small,unix --rounds 5 --seconds 3 --quick]`. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly only: readonly string[];
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  /** Where the results go; null writes none. */
  readonly write: boolean;
}

/** Plain words are measurements, as with `--only`. `--quick` is one round of one second, and writes nothing. */
export function parseOptions(parameters: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    args: [...parameters],
    options: {
      only: { type: 'string', default: '' },
      peers: { type: 'string', default: '' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      quick: { type: 'boolean', default: false },
      'no-write': { type: 'boolean', default: false },
    },
  });
  return {
    only: [values.only, ...positionals].flatMap((each) => each.split(',')).filter((each) => each !== ''),
    peers: values.peers.split(',').filter((each) => each !== ''),
    rounds: values.quick ? 1 : positive('--rounds', values.rounds),
    seconds: values.quick ? 1 : positive('--seconds', values.seconds),
    write: !values.quick && !values['no-write'],
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 60) throw new Error(`${name} must be a whole number 1..60, got ${text}`);
  return value;
}
