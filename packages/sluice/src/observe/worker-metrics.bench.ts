/** What counting costs: `node packages/sluice/src/observe/worker-metrics.bench.ts`. To hold: below 100 ns for each exchange, all four levels. */
import { MetricBoard } from './metric-board.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const ROUNDS = 5;
const EXCHANGES = 1_000_000;

const metrics = new WorkerMetrics(new MetricBoard(2).buffer, 0);
for (const routes of [1, 100, 10_000]) {
  const nanoseconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let index = 0; index < EXCHANGES; index++) {
      metrics.exchangeEnded(0, index % routes, index % 10, index % 30, 200, (index % 97) / 3, 300, 5_000);
    }
    nanoseconds.push(((performance.now() - start) * 1e6) / EXCHANGES);
  }
  const median = nanoseconds.toSorted((left, right) => left - right)[ROUNDS >> 1]!;
  process.stdout.write(`exchangeEnded, ${routes} routes: ${median.toFixed(0)} ns\n`);
}
