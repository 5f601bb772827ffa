/** Endpoints: the addresses of a service. */
import * as z from 'zod';
import { endpointAddress } from './address.ts';
import { whole } from './scalar.ts';
import { section } from './section.ts';

const detailed = section("an address, or an object such as { address: '127.0.0.1:3001', weight: 3 }", {
  address: endpointAddress().describe(
    "`'127.0.0.1:3001'`, `'[::1]:3001'`, `'app.internal:80'` (resolved again as its records expire) or `'unix:/path'`.",
  ),
  weight: whole(0, 256).default(1).describe('Share of the load relative to the others. 0 takes nothing new.'),
  priority: whole(0, 15)
    .default(0)
    .describe('0 is used first; the next level takes what the healthy endpoints of the levels before it cannot.'),
  requestsMax: whole(0, 1_000_000).default(0).describe('Requests in flight at most, over all workers. 0 is no bound.'),
}).meta({ id: 'Endpoint', title: 'Endpoint', description: 'One address of a service, with its settings.' });

/** One endpoint, in either form. */
export const endpointSchema = z
  .union([endpointAddress(), detailed], { error: "must be an address, or an object such as { address: '127.0.0.1:3001', weight: 3 }" })
  .transform((given) => ('text' in given ? { address: given, weight: 1, priority: 0, requestsMax: 0 } : given));
