/**
 * Nanoseconds per pick, by algorithm and number of endpoints: warm, with requests in flight and averages set, each picked request
 * replacing an older one, as in a running gateway. Run: `node packages/sluice/src/core/balancing/balancers.bench.ts [name]`.
 */
import { measurePick, PICK_SUBJECTS } from './pick-cost.ts';

/** Processor time of this thread in milliseconds. */
function threadClock(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

const COUNTS = [3, 50, 1000];

console.log(`${'ns per pick, endpoints:'.padEnd(28)}${COUNTS.map((count) => String(count).padStart(8)).join('')}`);
const only = process.argv[2] ?? '';
for (const subject of PICK_SUBJECTS.filter(({ name }) => name.startsWith(only))) {
  const cells = COUNTS.map((count) => measurePick(subject, count, 200_000, threadClock).toFixed(0).padStart(8));
  console.log(`${subject.name.padEnd(28)}${cells.join('')}`);
}
