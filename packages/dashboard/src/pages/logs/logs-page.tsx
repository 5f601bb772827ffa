/** Page: requests as they end, what happened, what instances print. */
import '../../styles/pages.css';
import { location } from '../../app/router.ts';
import { Page } from '../../components/page.tsx';
import { PageTabs } from '../../components/page-tabs.tsx';
import { AccessPanel } from './access-panel.tsx';
import { EventsPanel } from './events-panel.tsx';
import { InstancesPanel } from './instances-panel.tsx';

const TABS = [
  ['requests', 'Requests'],
  ['events', 'Events'],
  ['instances', 'Instances'],
] as const;

export function LogsPage() {
  const tab = location.value.query.get('tab') ?? 'requests';
  return (
    <Page title="Logs">
      <PageTabs page="logs" tabs={TABS} current={tab} />
      {tab === 'events' ? <EventsPanel /> : tab === 'instances' ? <InstancesPanel /> : <AccessPanel />}
    </Page>
  );
}
