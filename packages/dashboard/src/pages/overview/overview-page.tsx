/** Page: everything at once. */
import { useComputed } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Page } from '../../components/page.tsx';
import { TrafficCharts } from '../../components/traffic-charts.tsx';
import { Waiting } from '../../components/waiting.tsx';
import { status } from '../../store/store.ts';
import { followWiring, wiring } from '../../store/wiring.ts';
import { duration } from '../../view/format.ts';
import { NO_WIRING } from '../../view/wiring.ts';
import { MapPanel } from './map-panel.tsx';
import { AlertsPanel, DecisionsPanel, EventsPanel } from './news.tsx';
import { ServicesPanel } from './services-panel.tsx';
import { Totals } from './totals.tsx';

export function OverviewPage() {
  useEffect(followWiring, []);
  const isWaiting = useComputed(() => status.value === null || wiring.value === NO_WIRING).value;
  // All at once: panels that came one by one would push each other about.
  if (isWaiting) {
    return (
      <Page title="Overview">
        <Waiting />
      </Page>
    );
  }
  return (
    <Page title="Overview" aside={<Facts />}>
      <Totals />
      <MapPanel />
      <TrafficCharts service={null} />
      <ServicesPanel />
      <div class="columns">
        <div>
          <AlertsPanel />
          <DecisionsPanel />
        </div>
        <EventsPanel />
      </div>
    </Page>
  );
}

function Facts() {
  const { value } = status;
  if (value === null) return null;
  const refused = value.reloadsRefused === 0 ? '' : `, ${value.reloadsRefused} refused`;
  return (
    <span class="soft">
      Sluice {value.version} · process {value.pid} · up {duration(value.uptimeSeconds)} · generation {value.generation}
      {refused}
    </span>
  );
}
