/** What `explain` said: the route that is taken, why the others are not, what is done to the request, and who could get it. */
import { serviceHref } from '../../app/location.ts';
import type { Explained, ExplainedService } from '../../api/types.ts';
import { ShareBar } from '../../components/share-bar.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import type { BadgeState } from '../../components/state-badge.tsx';
import { percent, plural } from '../../view/format.ts';

const STATES: Readonly<Record<string, BadgeState>> = {
  up: 'up',
  down: 'down',
  ejected: 'ejected',
  draining: 'draining',
  maintenance: 'maintenance',
};

export function ExplainResult({ result }: { readonly result: Explained }) {
  const { listener, method, host, path, routes, omitted, action, filters, services } = result;
  const chosen = routes.find(({ verdict }) => verdict === 'chosen');
  return (
    <div class="explained">
      <p class="note answer">
        <code>
          {method} {host}
          {path}
        </code>{' '}
        at listener <b>{listener}</b>:{' '}
        {chosen === undefined ? (
          <b>no route matches, so 404 is answered</b>
        ) : (
          <>
            route <b>{chosen.name}</b>, {action}
          </>
        )}
      </p>
      <div class="columns">
        <section aria-label="Routes that were looked at">
          <h3>Routes, as they are looked at</h3>
          <ol class="verdicts">
            {routes.map(({ name, verdict, reason }) => (
              <li key={name} class={verdict}>
                <Verdict verdict={verdict} />
                <p>
                  <b>{name}</b> <span class="soft">{reason}</span>
                </p>
              </li>
            ))}
          </ol>
          {omitted === 0 ? null : <p class="hint">and {plural(omitted, 'more route')} that do not match</p>}
        </section>
        <section aria-label="What happens to it">
          <h3>Filters, as they run</h3>
          {filters.length === 0 ? (
            <p class="hint">none</p>
          ) : (
            <ol class="steps">
              {filters.map((kind, index) => (
                <li key={index} class="tag">
                  {kind}
                </li>
              ))}
            </ol>
          )}
          {services.map((service) => (
            <Service key={service.name} service={service} isOnly={services.length === 1} />
          ))}
        </section>
      </div>
    </div>
  );
}

function Verdict({ verdict }: { readonly verdict: Explained['routes'][number]['verdict'] }) {
  switch (verdict) {
    case 'chosen':
      return <StateBadge state="up" label="taken" />;
    case 'matches':
      return <StateBadge state="empty" label="matches, too" />;
    case 'differs':
      return <StateBadge state="info" label="differs" />;
  }
}

function Service({ service, isOnly }: { readonly service: ExplainedService; readonly isOnly: boolean }) {
  const { name, share, balance, note, endpoints } = service;
  return (
    <>
      <h3>
        <a href={serviceHref(name)}>{name}</a>
        <span class="soft">
          {isOnly ? '' : ` ${percent(share)} of the requests,`} by {balance}
        </span>
      </h3>
      {note === null ? null : <p class="hint">{note}</p>}
      {endpoints.length === 0 ? (
        <p class="hint">It has no endpoints now.</p>
      ) : (
        <ul class="shares">
          {endpoints.map((endpoint) => (
            <li key={endpoint.address}>
              <code>{endpoint.address}</code>
              <ShareBar share={endpoint.share} />
              <b>{percent(endpoint.share)}</b>
              <span>
                <StateBadge state={STATES[endpoint.state] ?? 'info'} label={endpoint.state} />{' '}
                <span class="soft">{endpoint.reason === endpoint.state ? '' : endpoint.reason}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
