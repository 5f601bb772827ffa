/** Events as log records (opentelemetry.io/docs/specs/otel/logs/data-model): the event's name is name and body, its reason record the attributes. */
import type * as Api from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { EventEntry } from '../../observe/event-entry.ts';
import { hrTime } from './hr-time.ts';

/** First number of each range. */
const SEVERITY: Readonly<Record<EventEntry['level'], Api.SeverityNumber>> = { info: 9, warn: 13, error: 17 };

export function readableLog(
  { at, level, what, detail }: EventEntry,
  resource: Resource,
  scope: ReadableLogRecord['instrumentationScope'],
): ReadableLogRecord {
  return {
    hrTime: hrTime(at),
    hrTimeObserved: hrTime(at),
    severityNumber: SEVERITY[level],
    severityText: level.toUpperCase(),
    body: what,
    eventName: what,
    attributes: { ...attributes(detail), 'event.name': what },
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
  };
}

/** JSON has neither NaN nor Infinity. */
function attributes(detail: EventEntry['detail']): Api.Attributes {
  const named: Api.Attributes = {};
  for (const [name, value] of Object.entries(detail))
    named[name] = typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  return named;
}
