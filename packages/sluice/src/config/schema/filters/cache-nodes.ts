/** How nodes that share the work of a cache are written, and pages that are fetched ahead of need. */
import * as z from 'zod';
import type { CachePrerenderPlan, CacheShieldPlan } from '../../filters/cache-plan.ts';
import { SECRET_LENGTH_MIN } from '../affinity.ts';
import { choice, duration, listOf, name, text, whole } from '../scalar.ts';
import { preset, section } from '../section.ts';

const SECRET_ALLOWED = `must be a secret of ${SECRET_LENGTH_MIN} to 1024 characters`;
const HOST_ALLOWED = "must be a host such as 'example.com' or 'example.com:8080'";
const PATH_ALLOWED = "must be a path such as '/' or '/products?page=1'";
const PATHS_MAX = 10_000;

const secret = z
  .string({ error: SECRET_ALLOWED })
  .min(SECRET_LENGTH_MIN, `${SECRET_ALLOWED}\nmake one with: openssl rand -base64 32`)
  .max(1024, SECRET_ALLOWED);

export const shield = section("an object such as { service: 'nodes', self: '10.0.0.1:8080', secret: '…' }", {
  service: name().describe('A service whose endpoints are all nodes, this one among them, the same on all of them. It balances by hash.'),
  self: text('an address', 263).describe("This node's address, as that service has it; on each node another: `env('SELF')`."),
  secret: listOf(secret, 'a secret', 16).describe(
    'By which nodes know each other; the same on all. Of several the first signs, all verify: to change it, put the new one behind, then before the old one, then drop that. Never logged.',
  ),
})
  .transform(({ service, self, secret: secrets }): CacheShieldPlan => ({ service, self, secrets }))
  .meta({ id: 'CacheShield', title: 'Shield', description: 'Nodes that share the work of a cache: one of them fetches each reply.' });

const host = z
  .string({ error: HOST_ALLOWED })
  .max(260, HOST_ALLOWED)
  .regex(/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, HOST_ALLOWED);
const path = z
  .string({ error: PATH_ALLOWED })
  .max(4096, PATH_ALLOWED)
  .regex(/^\/[\x21-\x7e]*$/, PATH_ALLOWED)
  .regex(/^[^#]*$/, PATH_ALLOWED);

export const prerender = section("an object such as { host: 'example.com', paths: ['/'] }", {
  host: host.describe("As clients ask for it, with its port where that is not the scheme's own."),
  scheme: choice(['http', 'https']).default('https').describe('Of the requests that it stands for.'),
  paths: listOf(path, "paths such as '/' and '/products'", PATHS_MAX).describe('Paths with their queries, as clients ask for them.'),
  every: preset(duration('1s', '24d'), '5m').describe(
    'All are looked at within this time, evenly spread; what would be stale before it is looked at again is fetched.',
  ),
  concurrency: whole(1, 64).default(2).describe('Fetches at a time.'),
})
  .transform(({ host: name, scheme, paths, every, concurrency }): CachePrerenderPlan => ({
    scheme,
    host: name.toLowerCase(),
    paths: [...new Set(paths)],
    everyMs: every,
    concurrency,
  }))
  .meta({ id: 'CachePrerender', title: 'Pages ahead of need', description: 'Pages that the cache fetches before anybody asks for them.' });
