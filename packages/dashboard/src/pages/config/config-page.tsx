/** Page: config. */
import { Page } from '../../components/page.tsx';

export function ConfigPage() {
  return <Page title="Config">{null}</Page>;
}
