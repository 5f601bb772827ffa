/** What fires, and what happened last. */
import { useComputed } from '@preact/signals';
import { pageHref, serviceHref } from '../../app/location.ts';
import type { AlertStatus } from '../../api/types.ts';
import { EventFeed } from '../../components/event-feed.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { severityState, StateShape } from '../../components/state-badge.tsx';
import { events, firing, status } from '../../store/store.ts';
import { clock } from '../../view/format.ts';

const EVENTS_SHOWN = 12;
const ALERTS_SHOWN = 8;

export function AlertsPanel() {
  const { value } = firing;
  return (
    <Panel title="Alerts" aside={<a href={pageHref('alerts')}>All alerts</a>}>
      {value.length === 0 ? (
        <Empty>Nothing fires.</Empty>
      ) : (
        <ul class="feed">
          {value.slice(0, ALERTS_SHOWN).map((alert) => (
            <AlertLine key={alert.id} alert={alert} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function AlertLine({ alert }: { readonly alert: AlertStatus }) {
  const service = alert.labels['service'];
  return (
    <li>
      <time dateTime={new Date(alert.since).toISOString()}>{clock(alert.since)}</time>
      <span>
        <StateShape state={severityState(alert.severity)} />
        <span class="unseen">{alert.severity}</span>
      </span>
      <p>
        <b>{alert.rule}</b> {service === undefined ? null : <a href={serviceHref(service)}>{service}</a>}{' '}
        <span class="soft">{alert.summary}</span>
      </p>
    </li>
  );
}

export function EventsPanel() {
  const latest = useComputed(() => events.value.slice(0, EVENTS_SHOWN));
  return (
    <Panel title="Events" aside={<a href={pageHref('logs')}>All events</a>}>
      {latest.value.length === 0 ? <Empty>Nothing happened yet.</Empty> : <EventFeed events={latest.value} />}
    </Panel>
  );
}

/** The last decision that changed a number, for each service with instances. */
export function DecisionsPanel() {
  const decisions = (status.value?.fleet ?? []).flatMap(({ lastDecision }) => (lastDecision === null ? [] : [lastDecision]));
  if (decisions.length === 0) return null;
  return (
    <Panel title="Why so many instances">
      <ul class="feed">
        {decisions
          .toSorted((a, b) => b.at - a.at)
          .slice(0, EVENTS_SHOWN)
          .map(({ service, at, wanted, reason }) => (
            <li key={service}>
              <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
              <b>{wanted}</b>
              <p>
                <a href={serviceHref(service)}>{service}</a> <span class="soft">{reason}</span>
              </p>
            </li>
          ))}
      </ul>
    </Panel>
  );
}
