/** Page: logs. */
import { Page } from '../../components/page.tsx';

export function LogsPage() {
  return <Page title="Logs">{null}</Page>;
}
