/** Alerts that fire or are about to, and those that were resolved lately. */
import { useComputed } from '@preact/signals';
import { serviceHref } from '../../app/location.ts';
import type { AlertStatus } from '../../api/types.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { alertState, StateBadge } from '../../components/state-badge.tsx';
import { alerts, mayOperate } from '../../store/store.ts';
import { duration, moment } from '../../view/format.ts';

const RESOLVED_SHOWN = 50;
const RANKS = { critical: 2, warning: 1, info: 0 } as const;

interface AlertsPanelProps {
  readonly onSilence: (labels: Readonly<Record<string, string>>) => void;
}

export function AlertsPanel({ onSilence }: AlertsPanelProps) {
  const present = useComputed(() =>
    alerts.value
      .filter(({ state }) => state !== 'resolved')
      .toSorted((a, b) => rank(b) - rank(a) || RANKS[b.severity] - RANKS[a.severity] || b.since - a.since),
  );
  const past = useComputed(() =>
    alerts.value
      .filter(({ state }) => state === 'resolved')
      .toSorted((a, b) => (b.resolvedAt ?? 0) - (a.resolvedAt ?? 0))
      .slice(0, RESOLVED_SHOWN),
  );
  return (
    <>
      <Panel title="Firing and pending">
        {present.value.length === 0 ? (
          <Empty>Nothing fires.</Empty>
        ) : (
          <ul class="alerts">
            {present.value.map((alert) => (
              <Alert key={alert.id} alert={alert} onSilence={onSilence} />
            ))}
          </ul>
        )}
      </Panel>
      {past.value.length === 0 ? null : (
        <Panel title="Resolved lately">
          <ul class="alerts">
            {past.value.map((alert) => (
              <Alert key={`${alert.id} ${alert.since}`} alert={alert} onSilence={onSilence} />
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

/** What fires and can be heard, then what is silenced, then what is about to. */
function rank({ state, silencedBy }: AlertStatus): number {
  return state === 'firing' ? (silencedBy === null ? 2 : 1) : 0;
}

function Alert({ alert, onSilence }: { readonly alert: AlertStatus } & AlertsPanelProps) {
  const { rule, severity, state, labels, summary, since, resolvedAt, silencedBy, told } = alert;
  return (
    <li>
      <div class="alert-head">
        <StateBadge state={alertState(alert)} label={state === 'firing' ? severity : `${state} (${severity})`} />
        <b>{rule}</b>
        <span class="soft">
          since <time dateTime={new Date(since).toISOString()}>{moment(since, Date.now())}</time>
          {resolvedAt === null ? '' : `, for ${duration((resolvedAt - since) / 1_000)}`}
        </span>
        {silencedBy === null ? null : <span class="tag">silenced by {silencedBy}</span>}
        {state === 'resolved' || silencedBy !== null ? null : (
          <button
            type="button"
            class="button small"
            aria-label={`Silence ${rule}`}
            disabled={!mayOperate.value}
            onClick={() => onSilence({ rule, ...labels })}
          >
            Silence
          </button>
        )}
      </div>
      <p>{summary}</p>
      <p class="tags">
        {Object.entries(labels).map(([name, value]) => (
          <span key={name} class="tag">
            {name}={name === 'service' ? <a href={serviceHref(value)}>{value}</a> : value}
          </span>
        ))}
      </p>
      {told.length === 0 ? null : (
        <details>
          <summary>Who was told</summary>
          <ul>
            {told.map((line, index) => (
              <li key={index}>{line}</li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
