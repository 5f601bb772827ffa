/** Active health checks: asking endpoints whether they are well. */
import * as z from 'zod';
import { headerFields } from './header.ts';
import { hostText } from './host.ts';
import { choice, duration, listOf, share, text, whole } from './scalar.ts';
import { optional, preset, section } from './section.ts';

const STATUS_ALLOWED = "must be a status such as 200, or a range such as '200-399'";

const statusRange = z
  .union(
    [
      z.int({ error: STATUS_ALLOWED }).min(100, STATUS_ALLOWED).max(599, STATUS_ALLOWED),
      z.string({ error: STATUS_ALLOWED }).regex(/^[1-5]\d\d(?:-[1-5]\d\d)?$/, STATUS_ALLOWED),
    ],
    { error: STATUS_ALLOWED },
  )
  .meta({ 'x-range': 'status or range' });

const detailed = section("an object such as { http: '/healthz' }", {
  http: text('a path', 2048)
    .regex(/^\/[!-~]*$/, "must be a path such as '/healthz'")
    .optional()
    .describe('Probe by an HTTP request for this path (with its query).'),
  tcp: z.literal(true, { error: 'must be true' }).optional().describe('Probe by opening a connection.'),
  grpc: z
    .union([z.literal(true).transform(() => ''), text('a service name', 256)], { error: 'must be true or the name of a gRPC service' })
    .optional()
    .describe('Probe by `grpc.health.v1`: `true` asks about the server, a name about one of its services.'),
  command: z
    .array(text('text', 4096, 0), { error: 'must be a list: the program and its arguments' })
    .min(1, 'must name a program')
    .max(64, 'must have at most 64 parts')
    .optional()
    .describe(
      'Probe by running a program, without a shell: exit 0 is healthy. It gets SLUICE_SERVICE, SLUICE_ENDPOINT, SLUICE_HOST and SLUICE_PORT.',
    ),
  method: text('a method', 32)
    .regex(/^[A-Z]+$/, 'must be a method in capitals')
    .default('GET')
    .describe('Method of the HTTP probe.'),
  host: hostText().optional().describe("Host header of the HTTP probe. Without it, the endpoint's address."),
  headers: preset(headerFields(), {}).describe('More headers of the HTTP probe.'),
  statuses: preset(listOf(statusRange, "a status or a range such as '200-399'", 64), ['200-399']).describe('Statuses that are healthy.'),
  body: text('text', 1024).optional().describe('Text that the first 64 KiB of the body must contain.'),
  port: whole(1, 65_535)
    .optional()
    .describe("Port to probe instead of the endpoint's own; in the clear, also where the service has `tls`."),
  interval: preset(duration('50ms', '24h'), '5s').describe('Between two probes of an endpoint.'),
  fastInterval: duration('50ms', '24h')
    .optional()
    .describe('Between two probes while a change is being confirmed. Without it, `1s`, or the interval when that is shorter.'),
  timeout: duration('10ms', '1h')
    .optional()
    .describe('For one probe; at most the interval. Without it, `2s`, or the interval when that is shorter.'),
  jitter: preset(share(0, 0.5), 0.1).describe('Each wait is interval × (1 ± jitter), so that many gateways do not probe in step.'),
  rise: whole(1, 100).default(2).describe('Successes in a row that bring an endpoint up.'),
  fall: whole(1, 100).default(3).describe('Failures in a row that take an endpoint down.'),
  initial: choice(['up', 'down'])
    .default('up')
    .describe('What an endpoint is before its first probe. `down` takes nothing until `rise` probes have passed.'),
}).meta({ id: 'Health', title: 'Health', description: 'Exactly one of `http`, `tcp`, `grpc` and `command`, and when to ask.' });

/** Health checks of a service, or none. */
export const healthSchema = optional(detailed, "an object such as { http: '/healthz' }");
