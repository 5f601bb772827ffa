/** Page: one service: its endpoints and instances, why it has so many of them, its deploy. */
import { useComputed } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import '../../styles/service.css';
import { pageHref } from '../../app/location.ts';
import { location } from '../../app/router.ts';
import { Figure } from '../../components/figure.tsx';
import { Empty, Page } from '../../components/page.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { TrafficCharts } from '../../components/traffic-charts.tsx';
import { Waiting } from '../../components/waiting.tsx';
import { refreshStatus } from '../../store/live.ts';
import { fleetByName, serviceByName, serviceTraffic, status } from '../../store/store.ts';
import { count, errorShare, latency } from '../../view/format.ts';
import { ServiceActions } from './actions.tsx';
import { DeployPanel } from './deploy-panel.tsx';
import { EndpointsPanel } from './endpoints-panel.tsx';
import { ScalingPanel } from './scaling-panel.tsx';

/** Instances' load is only in the Status, which comes by itself when something else in it changed. */
const REFRESH_MS = 5_000;

export function ServicePage() {
  const { name } = location.value;
  useEffect(() => {
    const timer = setInterval(() => document.hidden || void refreshStatus().catch(() => {}), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const service = serviceByName.value.get(name);
  const fleet = fleetByName.value.get(name);
  if (service === undefined) return <NoService name={name} />;
  return (
    <Page title={name} aside={<State name={name} />} actions={<ServiceActions name={name} fleet={fleet} />}>
      {[service.note, fleet?.note ?? null].map((note) =>
        note === null ? null : (
          <p key={note} class="note service-note">
            {note}
          </p>
        ),
      )}
      <Figures name={name} />
      {fleet === undefined || fleet.deploy === null ? null : <DeployPanel service={name} deploy={fleet.deploy} />}
      <EndpointsPanel service={service} fleet={fleet} />
      {fleet === undefined ? null : <ScalingPanel fleet={fleet} />}
      <TrafficCharts service={name} />
    </Page>
  );
}

function NoService({ name }: { readonly name: string }) {
  return (
    <Page title={name}>
      {status.value === null ? (
        <Waiting />
      ) : (
        <Empty>
          The configuration that runs has no service “{name}”. <a href={pageHref('overview')}>All services</a>
        </Empty>
      )}
    </Page>
  );
}

function State({ name }: { readonly name: string }) {
  const state = useComputed(() => serviceTraffic(name)?.state ?? serviceByName.value.get(name)?.state ?? 'empty');
  const service = serviceByName.value.get(name);
  const fleet = fleetByName.value.get(name);
  return (
    <>
      <StateBadge state={state.value} />
      <span class="soft">
        balanced by {service?.balance}
        {service === undefined || service.breaker === 'closed' ? '' : ` · breaker ${service.breaker}`}
        {fleet === undefined ? '' : ` · ${fleet.runner} · version ${fleet.version}`}
      </span>
      {fleet?.isPaused === true ? <StateBadge state="paused" label="requests held back" /> : null}
    </>
  );
}

function Figures({ name }: { readonly name: string }) {
  const now = () => serviceTraffic(name);
  return (
    <dl class="totals nine live">
      <Figure label="Requests" unit="/s" of={() => count(now()?.rps)} />
      <Figure label="Errors" of={() => errorShare(now())} isBad={() => (now()?.errorRps ?? 0) > 0} />
      <Figure label="p50" of={() => latency(now()?.p50Ms)} />
      <Figure label="p95" of={() => latency(now()?.p95Ms)} />
      <Figure label="p99" of={() => latency(now()?.p99Ms)} />
      <Figure label="In flight" of={() => count(now()?.inflight)} />
      <Figure label="Waiting" of={() => count((now()?.queued ?? 0) + (now()?.parked ?? 0))} />
      <Figure label="Shed" unit="/s" of={() => count(now()?.shedPerSecond)} />
      <Figure label="Retries" unit="/s" of={() => count(now()?.retriesPerSecond)} />
    </dl>
  );
}
