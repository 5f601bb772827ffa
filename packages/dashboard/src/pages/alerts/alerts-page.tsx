/** Page: alerts. */
import { Page } from '../../components/page.tsx';

export function AlertsPage() {
  return <Page title="Alerts">{null}</Page>;
}
