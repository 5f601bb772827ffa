/** What the show writes. Plain where the output is no terminal. */
import { styleText } from 'node:util';
import type { Sales } from './traffic.ts';

type Style = Parameters<typeof styleText>[0];

export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A step of the show. */
export function step(text: string): void {
  say();
  say(`${styled('cyan', '▸')} ${styled('bold', text)}`);
}

const BAR_WIDTH = 32;

/** Who served how much, a bar for each instance; what is to be known of one stands behind it. */
export function table(names: readonly string[], { served }: Sales, notes: ReadonlyMap<string, string>): void {
  const most = Math.max(1, ...served.values());
  let service = '';
  for (const name of names) {
    const own = name.split('.')[0] ?? '';
    const count = served.get(name) ?? 0;
    const bar = '█'.repeat(Math.round((count / most) * BAR_WIDTH)).padEnd(BAR_WIDTH, '·');
    const note = notes.has(name) ? styled('yellow', `  ${notes.get(name)}`) : '';
    say(`  ${(own === service ? '' : own).padEnd(10)}${name.padEnd(12)}${styled('green', bar)} ${String(count).padStart(6)}${note}`);
    service = own;
  }
}

/** The one figure that counts, of all customers. */
export function verdict(...sales: readonly Sales[]): void {
  const total = sales.reduce((sum, each) => sum + each.total, 0);
  const failures = sales.flatMap((each) => each.failures);
  const text = `${total} requests, ${failures.length} failed`;
  say(`  ${failures.length === 0 ? styled('green', `✔ ${text}`) : styled('red', `✖ ${text}`)}`);
  for (const failure of failures.slice(0, 5)) say(`    ${failure}`);
}
