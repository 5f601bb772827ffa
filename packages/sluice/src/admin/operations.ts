/** Everything that the admin API can be asked, in the order of docs/reference/admin-api.md. Nothing that is reached by GET changes anything. */
import type { Operation } from './operation.ts';
import { ALERTS } from './routes/alerts.ts';
import { CACHES } from './routes/caches.ts';
import { EVENTS } from './routes/events.ts';
import { EXPLAIN } from './routes/explain.ts';
import { INSTANCES } from './routes/instances.ts';
import { LISTS } from './routes/lists.ts';
import { PLANS } from './routes/plans.ts';
import { PROGRAM } from './routes/program.ts';
import { PUSHES } from './routes/pushes.ts';
import { SERVICES } from './routes/services.ts';
import { TRAFFIC } from './routes/traffic.ts';

export const OPERATIONS: readonly Operation[] = [
  ...PROGRAM,
  ...LISTS,
  ...SERVICES,
  ...INSTANCES,
  ...EXPLAIN,
  ...CACHES,
  ...PUSHES,
  ...PLANS,
  ...EVENTS,
  ...TRAFFIC,
  ...ALERTS,
];
