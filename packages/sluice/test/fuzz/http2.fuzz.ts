/**
 * Fuzzing of the HTTP/2 session, both roles: `node http2.fuzz.ts [--seconds 20] [--inputs N] [--seed N]`. It never throws, answers within bounds, means the same whatever the
 * pieces, gives back every window and forgets every stream; and a request that Node's server takes for whole, too, is the same one. Ends at whichever comes first;
 * failures go to `http2-regressions/` and the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../src/base/random.ts';
import { generateCuts } from './generate.ts';
import { generateFrames } from './http2-generate.ts';
import { brokenRule, disagreement, readWithNode, readWithSluice } from './http2-readers.ts';
import { saveRegression } from './regressions.ts';

const BATCH = 64;
const FAILURES_MAX = 20;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    inputs: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    into: { type: 'string', default: fileURLToPath(new URL('http2-regressions/', import.meta.url)) },
  },
});
const seed = Number(values.seed);
const random = seededRandom(seed);
const started = performance.now();
const endBy = started + Number(values.seconds) * 1000;
const found = new Map<string, string>();
let inputs = 0;
let accepted = 0;
let both = 0;

function fail(what: string, bytes: Buffer, cuts: readonly number[], isServer: boolean): void {
  const kind = what.replace(/\d+|".*?"/g, '').slice(0, 60);
  if (found.has(kind)) return;
  const file = saveRegression(
    { found: `${isServer ? 'server' : 'client'}: ${what}`, seed, cuts, text: bytes.toString('latin1') },
    values.into,
  );
  found.set(kind, file);
  console.error(`FAILED ${what.slice(0, 600)}\n  ${file}`);
}

while (inputs < Number(values.inputs) && performance.now() < endBy && found.size < FAILURES_MAX) {
  const servers = Array.from({ length: BATCH }, () => generateFrames(random, true));
  const readings = await Promise.all(servers.map(readWithNode));
  for (const [index, bytes] of servers.entries()) {
    const cuts = generateCuts(random, bytes.length);
    const broken = brokenRule(bytes, cuts, true);
    if (broken !== null) {
      fail(broken, bytes, cuts, true);
      continue;
    }
    const own = readWithSluice(bytes);
    accepted += own.size;
    for (const [id, request] of own) if (request.isWhole && readings[index]!.get(id)?.isWhole === true) both++;
    const difference = disagreement(own, readings[index]!);
    if (difference !== null) fail(difference, bytes, [], true);
  }
  for (let count = 0; count < BATCH; count++) {
    const bytes = generateFrames(random, false);
    const cuts = generateCuts(random, bytes.length);
    const broken = brokenRule(bytes, cuts, false);
    if (broken !== null) fail(broken, bytes, cuts, false);
  }
  inputs += BATCH * 2;
}

const seconds = (performance.now() - started) / 1000;
console.log(
  `fuzz http2: ${inputs} inputs, ${accepted} requests accepted, ${both} whole in both, ${(inputs / seconds).toFixed(0)} inputs/s, seed ${seed}, ${found.size} failures`,
);
process.exit(found.size > 0 ? 1 : 0);
