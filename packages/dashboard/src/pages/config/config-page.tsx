/** Page: the configuration that runs, those that ran, who changed what; the way back. */
import '../../styles/pages.css';
import { location } from '../../app/router.ts';
import { Page } from '../../components/page.tsx';
import { PageTabs } from '../../components/page-tabs.tsx';
import { AuditPanel } from './audit-panel.tsx';
import { ConfigActions } from './config-actions.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { PlanPanel } from './plan-panel.tsx';

const TABS = [
  ['running', 'What runs'],
  ['history', 'History'],
  ['audit', 'Who did what'],
] as const;

export function ConfigPage() {
  const tab = location.value.query.get('tab') ?? 'running';
  return (
    <Page title="Configuration" actions={<ConfigActions />}>
      <PageTabs page="config" tabs={TABS} current={tab} />
      {tab === 'history' ? <HistoryPanel /> : tab === 'audit' ? <AuditPanel /> : <PlanPanel />}
    </Page>
  );
}
