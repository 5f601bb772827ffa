/** Services whose instances Sluice runs. */
import { z } from '@hono/zod-openapi';
import type { FleetResult, LogLine } from '../fleet-backend.ts';
import type { DeployStatus, FleetServiceStatus, InstanceStatus } from '../../observe/fleet-status.ts';
import { decision } from './decision.ts';
import { same } from './same.ts';

const deploy = same<DeployStatus>()(
  'DeployStatus',
  z.object({
    from: z.string(),
    to: z.string(),
    strategy: z.enum(['rolling', 'canary', 'blue-green']),
    phase: z.string(),
    share: z.number().openapi({ description: 'Of the requests that the new version gets, 0..1.' }),
    ready: z.number(),
    wanted: z.number(),
    reason: z.string(),
  }),
);

const INSTANCE = {
  id: z.string(),
  version: z.string(),
  phase: z.string(),
  address: z.string().nullable(),
  handle: z.string().nullable(),
  inflight: z.number(),
  cpu: z.number().nullable().openapi({ description: 'Cores in use; null: unknown.' }),
  memoryBytes: z.number().nullable(),
  ageSeconds: z.number(),
  restarts: z.number(),
  isProtected: z.boolean(),
  trouble: z.string().nullable().openapi({ description: 'Why it is not as it should be, with the remedy.' }),
};

const instance = same<InstanceStatus>()('InstanceStatus', z.object(INSTANCE));

/** One of the list of all. */
export const listedInstance = same<InstanceStatus & { readonly service: string }>()(
  'Instance',
  z.object({ service: z.string(), ...INSTANCE }),
);

export const fleetService = same<FleetServiceStatus>()(
  'FleetServiceStatus',
  z.object({
    service: z.string(),
    runner: z.enum(['process', 'container', 'kubernetes', 'aws-asg']),
    wanted: z.number(),
    ready: z.number(),
    min: z.number(),
    max: z.number(),
    manual: z.number().nullable().openapi({ description: 'What `scale` fixed; null: the policies decide.' }),
    isPaused: z.boolean(),
    isAsleep: z.boolean(),
    parked: z.number(),
    version: z.string(),
    deploy: deploy.nullable(),
    instances: z.array(instance),
    lastDecision: decision.nullable(),
    note: z.string().nullable(),
  }),
);

/** What was asked for is under way. */
export const fleetResult = same<Extract<FleetResult, { readonly result: 'ok' }>>()(
  'FleetResult',
  z.object({ result: z.literal('ok'), detail: z.string() }),
);

export const logLine = same<LogLine>()(
  'LogLine',
  z.object({ instance: z.string(), stream: z.enum(['stdout', 'stderr']), at: z.number(), text: z.string() }),
);
