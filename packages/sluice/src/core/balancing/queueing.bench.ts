/** Latencies by algorithm in three situations, simulated: the table of docs/guide/balancing.md. Run: `node …/queueing.bench.ts [requests]`. */
import type { Algorithm } from './algorithm.ts';
import { simulateQueues } from './queue-model.ts';
import type { Scenario } from './queue-model.ts';

const REQUESTS = Number(process.argv[2] ?? 400_000);
const BASE: Scenario = { gateways: 1, servers: 50, workersPerServer: 4, slow: 0, slowFactor: 5, load: 0.8, requests: REQUESTS };
const SCENARIOS: readonly Scenario[] = [BASE, { ...BASE, slow: 5 }, { ...BASE, gateways: 20 }, { ...BASE, gateways: 20, slow: 5 }];
const ALGORITHMS: readonly Algorithm[] = [
  'random',
  'round-robin',
  'p2c',
  'least-connections',
  'least-response-time',
  'peak-ewma',
  'prequal',
];

console.log('mean / p50 / p99 / p99.9 in mean service times');
for (const algorithm of ALGORITHMS) {
  const cells = SCENARIOS.map((scenario) => {
    const { mean, p50, p99, p999 } = simulateQueues(algorithm, scenario, 1);
    return [mean, p50, p99, p999].map((value) => value.toPrecision(3)).join(' / ');
  });
  console.log(`| \`${algorithm}\` | ${cells.join(' | ')} |`);
}
