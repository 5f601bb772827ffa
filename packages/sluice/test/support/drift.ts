/** What counts as under way in a data plane, or as ended more often than begun: nothing, once all is quiet. Connections that are kept count nowhere here. */
import { endedOf } from '../../src/observe/metric-board.ts';
import { STARTED } from '../../src/observe/metric-layout.ts';
import type { TestPlane } from './data-plane.ts';
import { leftovers } from './service-plane.ts';

/** Rows of each kind that are looked at. */
const ROWS = 8;

export function drift({ plane, board }: Pick<TestPlane, 'plane' | 'board'>): Record<string, number> {
  const found = Object.fromEntries(Object.entries(leftovers(plane.table)).filter(([name]) => !name.startsWith('serviceConnections')));
  for (const kind of ['listener', 'route', 'service'] as const) {
    for (let slot = 0; slot < ROWS; slot++) {
      const row = board.row(kind, slot);
      const open = row[STARTED]! - endedOf(row);
      if (open !== 0) found[`${kind} ${slot}`] = open;
    }
  }
  return found;
}
