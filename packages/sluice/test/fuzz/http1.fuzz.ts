/**
 * Differential fuzzing of the HTTP/1.1 codec against Node's parser: `node http1.fuzz.ts [--seconds 20] [--inputs 1000000] [--seed N]`.
 * Ends at whichever comes first; prints the seed and the rate; failures go to `regressions/` and the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.ts';
import { cutDifference, disagreement, hasHttp2Preface } from './compare.ts';
import { generateCuts, generateInput } from './generate.ts';
import { NodeReader } from './node-reader.ts';
import { saveRegression } from './regressions.ts';
import { readWithSluice } from './sluice-reader.ts';

const BATCH = 250;
const FAILURES_MAX = 20;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    inputs: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    into: { type: 'string' },
  },
});
const seed = Number(values.seed);
const random = seededRandom(seed);
const node = new NodeReader();
const started = performance.now();
const endBy = started + Number(values.seconds) * 1000;
let inputs = 0;
let accepted = 0;
const found = new Map<string, string>();

function fail(what: string, bytes: Buffer, cuts: readonly number[]): void {
  const kind = what
    .replace(/request \d+: /, '')
    .replace(/".*?"/g, '""')
    .slice(0, 60);
  if (found.has(kind)) return;
  const file = saveRegression({ found: what, seed, cuts, text: bytes.toString('latin1') }, values.into);
  found.set(kind, file);
  console.error(`FAILED ${what}\n  ${JSON.stringify(bytes.toString('latin1'))}\n  ${file}`);
}

while (inputs < Number(values.inputs) && performance.now() < endBy && found.size < FAILURES_MAX) {
  const batch = Array.from({ length: BATCH }, () => generateInput(random));
  const readings = await node.read(batch);
  for (const [index, bytes] of batch.entries()) {
    const whole = readWithSluice(bytes);
    accepted += whole.requests.length;
    const difference = hasHttp2Preface(bytes) ? null : disagreement(whole, readings[index]!);
    if (difference !== null) fail(difference, bytes, []);
    const cuts = generateCuts(random, bytes.length);
    const byCuts = cutDifference(whole, readWithSluice(bytes, cuts));
    if (byCuts !== null) fail(`cuts: ${byCuts}`, bytes, cuts);
  }
  inputs += BATCH;
}

const seconds = (performance.now() - started) / 1000;
console.log(
  `fuzz: ${inputs} inputs, ${accepted} requests accepted, ${(inputs / seconds).toFixed(0)} inputs/s, seed ${seed}, ${found.size} failures`,
);
process.exit(found.size > 0 ? 1 : 0);
