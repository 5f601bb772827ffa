/** What the life of an instance is bounded by, whatever runs it: when it is ready, how it is started again, what it may use. */
import * as z from 'zod';
import { decimal, duration, flag, size, text, whole } from './scalar.ts';
import { preset, section } from './section.ts';

const READY_ALLOWED = "a path such as '/healthz', or an object such as { http: '/healthz', within: '20s' }";

const path = text('a path', 2048).regex(/^\/[!-~]*$/, "must be a path such as '/healthz'");
const yes = z.literal(true, { error: 'must be true' });

const detailed = section(READY_ALLOWED, {
  http: path.optional().describe('Ready when a GET for this path is answered with 200 to 399.'),
  tcp: yes.optional().describe('Ready when it takes a connection.'),
  none: yes.optional().describe('No probe of ours: ready once it runs, or when the platform says so.'),
  within: preset(duration('100ms', '1h'), '60s').describe('An instance that is not ready by then is stopped and started again.'),
  interval: preset(duration('100ms', '1h'), '5s').describe('Between two probes of one that is ready. One that starts is asked more often.'),
  timeout: preset(duration('10ms', '1m'), '1s').describe('For one probe.'),
}).meta({ id: 'Ready', title: 'Readiness', description: 'At most one of `http`, `tcp` and `none`, and how long it may take.' });

/** When an instance is ready. */
export const readySchema = preset(
  z.union([path.transform((http) => detailed.parse({ http })), detailed], { error: `must be ${READY_ALLOWED}` }),
  {},
);

/** How an instance that ended is started again. */
export const restartSchema = section("an object such as { base: '1s' }", {
  base: preset(duration('1ms', '1h'), '100ms').describe('Wait after the first exit; doubles with each, with jitter.'),
  max: preset(duration('1ms', '1h'), '30s').describe('The longest wait.'),
  steady: preset(duration('0s', '24h'), '10s').describe('A run at least this long forgets the failures before it.'),
  crashLoop: whole(1, 1_000).default(3).describe('Failures in a row from which it is called a crash loop. It is still tried again.'),
}).meta({ id: 'Restart', title: 'Restart', description: 'How an instance that ended is started again.' });

/** Bounds of one instance. */
export const resourcesSchema = section("an object such as { cpu: 1.5, memory: '512MiB' }", {
  cpu: decimal(0.01, 1_024).optional().describe('Cores. Without it, no bound.'),
  memory: size('1MiB', '65536GiB').optional().describe('Memory, children included; past it the kernel kills. Without it, no bound.'),
}).meta({ id: 'Resources', title: 'Resources', description: 'What one instance may use. Changed while it runs, without a restart.' });

/** Where the lines of a process go. */
export const logsSchema = section("an object such as { directory: 'logs' }", {
  directory: text('the path of a directory', 4_096)
    .meta({ 'x-range': 'path' })
    .optional()
    .describe('A file for each instance, in this directory. Without it, no files.'),
  size: preset(size('4KiB', '64GiB'), '10MiB').describe('A file is rotated at this size.'),
  files: whole(0, 1_000).default(5).describe('So many old ones are kept.'),
  terminal: flag().default(true).describe("Whether lines also go to the terminal, after the instance's name."),
}).meta({ id: 'Logs', title: 'Logs', description: 'Where the output of the instances goes.' });
