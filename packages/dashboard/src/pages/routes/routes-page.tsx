/** Page: what requests are told apart by, what goes through each route, and which one a request would take. */
import '../../styles/pages.css';
import { Page } from '../../components/page.tsx';
import { ExplainPanel } from './explain-panel.tsx';
import { RoutesPanel } from './routes-panel.tsx';

export function RoutesPage() {
  return (
    <Page title="Routes">
      <ExplainPanel />
      <RoutesPanel />
    </Page>
  );
}
