/** What Sluice runs for a service. Exactly one of command, container, kubernetes and autoScalingGroup says what; `checks/fleet-run.ts` sees to that. */
import { commandSchema, containerSchema, userSchema, variablesSchema } from './run-container.ts';
import { logsSchema, readySchema, resourcesSchema, restartSchema } from './run-life.ts';
import { autoScalingGroupSchema, kubernetesSchema } from './run-platform.ts';
import { duration, flag, text } from './scalar.ts';
import { preset, section } from './section.ts';

const HOST_ALLOWED = "must be an IP address or a name, such as '127.0.0.1'";

/** The instances of a service. */
export const runSchema = section("an object such as { command: ['node', 'server.js'] }", {
  command: commandSchema.optional().describe('Processes of this machine: program and arguments, without a shell. Each gets PORT and HOST.'),
  container: containerSchema.optional().describe('Containers of this machine.'),
  kubernetes: kubernetesSchema.optional().describe('Pods of a cluster.'),
  autoScalingGroup: autoScalingGroupSchema.optional().describe('Machines of AWS.'),
  cwd: text('the path of a directory', 4_096)
    .meta({ 'x-range': 'path' })
    .optional()
    .describe("Processes: working directory, from the configuration's. Without it, Sluice's own."),
  env: variablesSchema.describe("Processes: added to Sluice's own environment. May hold secrets: never shown."),
  user: userSchema.optional().describe("Processes: user and group to run as, by name or number. Needs root. Without it, Sluice's own."),
  socket: flag()
    .optional()
    .describe(
      'Processes: each listens on a unix socket: PORT and SLUICE_SOCKET are its path, which `listen(process.env.PORT)` takes as it is. Off unless given.',
    ),
  host: text('an address', 253)
    .regex(/^[A-Za-z0-9.:-]+$/, HOST_ALLOWED)
    .optional()
    .describe('Processes: HOST, where each is to listen. Without it, 127.0.0.1.'),
  logs: logsSchema.optional().describe('Processes: where lines go. To the terminal unless given.'),
  resources: resourcesSchema.optional().describe('Processes and containers: what one instance may use.'),
  ready: readySchema.describe(
    'When an instance is ready: a path, or an object. Without a probe, `tcp`; on Kubernetes and in an Auto Scaling group `none`: the platform says it.',
  ),
  drain: preset(duration('0s', '24h'), '30s').describe('From the stop of routing to SIGTERM, at most: what is in flight finishes.'),
  stop: preset(duration('0s', '1h'), '10s').describe('From SIGTERM to SIGKILL.'),
  unready: preset(duration('0s', '24h'), '30s').describe(
    'An instance that does not answer its probe for so long any more is replaced. `0s` is never.',
  ),
  restart: preset(restartSchema, {}).describe('How an instance that ended is started again.'),
}).meta({
  id: 'Run',
  title: 'Run',
  description: 'Instances that Sluice runs: exactly one of `command`, `container`, `kubernetes` and `autoScalingGroup`, and their life.',
});
