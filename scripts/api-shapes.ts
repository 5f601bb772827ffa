/**
 * Holds the shapes that the dashboard reads (packages/dashboard/src/api/types.ts) to those that Sluice answers: where they part, `npm run types` fails here. Only types: it does nothing when it runs.
 */
import type * as dashboard from '../packages/dashboard/src/api/types.ts';
import type { Explained } from '../packages/sluice/src/admin/backend.ts';
import type { AuditEntry } from '../packages/sluice/src/admin/bindings.ts';
import type { CacheStatus, KeptReply } from '../packages/sluice/src/control/caching/cache-keeper.ts';
import type { LogLine } from '../packages/sluice/src/control/fleet/fleet-request.ts';
import type { Decision } from '../packages/sluice/src/core/scaling/decision.ts';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../packages/sluice/src/observe/alert-status.ts';
import type { EventEntry } from '../packages/sluice/src/observe/event-entry.ts';
import type { FleetServiceStatus } from '../packages/sluice/src/observe/fleet-status.ts';
import type { PlanRecord } from '../packages/sluice/src/observe/plan-record.ts';
import type { Status } from '../packages/sluice/src/observe/status.ts';
import type { TrafficSeries, TrafficSnapshot } from '../packages/sluice/src/observe/traffic.ts';

/** Compiles only where what is answered can be read as what is expected. */
type Reads<Expected, _Answered extends Expected> = true;

export type ApiShapes = readonly [
  Reads<dashboard.Status, Status>,
  Reads<dashboard.FleetStatus, FleetServiceStatus>,
  Reads<dashboard.Decision, Decision>,
  Reads<dashboard.TrafficSnapshot, TrafficSnapshot>,
  Reads<dashboard.TrafficSeries, TrafficSeries>,
  Reads<dashboard.EventEntry, EventEntry>,
  Reads<dashboard.AlertStatus, AlertStatus>,
  Reads<dashboard.AlertRuleStatus, AlertRuleStatus>,
  Reads<dashboard.SilenceStatus, SilenceStatus>,
  Reads<dashboard.PlanRecord, PlanRecord>,
  Reads<dashboard.Explained, Explained>,
  Reads<dashboard.CacheStatus, CacheStatus>,
  Reads<dashboard.CachedReply, KeptReply>,
  Reads<dashboard.AuditEntry, AuditEntry>,
  Reads<dashboard.LogLine, LogLine>,
];
