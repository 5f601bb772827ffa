/** What happens: traffic, events, alerts, plans that ran, changes that were asked for. */
import { z } from '@hono/zod-openapi';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../../observe/alert-status.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import type { PlanRecord } from '../../observe/plan-record.ts';
import type { AuditEntry } from '../bindings.ts';
import { same } from './same.ts';

const moment = z.number().openapi({ description: 'Unix milliseconds.' });
const severity = z.enum(['info', 'warning', 'critical']);

export const event = same<EventEntry>()(
  'EventEntry',
  z.object({
    id: z.number().openapi({ description: 'Rises by one with each; begins anew with the process.' }),
    at: moment,
    level: z.enum(['info', 'warn', 'error']),
    what: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
);

export const alert = same<AlertStatus>()(
  'AlertStatus',
  z.object({
    id: z.string(),
    rule: z.string(),
    severity,
    state: z.enum(['pending', 'firing', 'resolved']),
    labels: z.record(z.string(), z.string()),
    summary: z.string(),
    value: z.number().nullable(),
    since: moment,
    resolvedAt: z.number().nullable(),
    silencedBy: z.string().nullable(),
    told: z.array(z.string()).openapi({ description: 'Who was told, and who could not be: a line each.' }),
  }),
);

export const alertRule = same<AlertRuleStatus>()(
  'AlertRuleStatus',
  z.object({
    name: z.string(),
    severity,
    summary: z.string(),
    condition: z.string(),
    state: z.enum(['ok', 'pending', 'firing']),
    trouble: z.string().nullable(),
  }),
);

export const silence = same<SilenceStatus>()(
  'SilenceStatus',
  z.object({ id: z.string(), match: z.record(z.string(), z.string()), until: moment, by: z.string(), comment: z.string() }),
);

export const plan = same<PlanRecord>()(
  'PlanRecord',
  z.object({
    generation: z.number(),
    at: moment,
    by: z.string().openapi({ description: '`file`, `signal`, `api:NAME`, `discovery`, `certificates`, `rollback`, `start`.' }),
    changes: z.array(z.string()),
    isKept: z.boolean(),
    isRunning: z.boolean(),
  }),
);

export const auditEntry = same<AuditEntry>()(
  'AuditEntry',
  z.object({
    id: z.number(),
    at: moment,
    who: z.string(),
    action: z.string(),
    target: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    outcome: z.string(),
  }),
);
