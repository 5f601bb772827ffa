/** Page: one service. */
import { location } from '../../app/router.ts';
import { Page } from '../../components/page.tsx';

export function ServicePage() {
  return <Page title={location.value.name}>{null}</Page>;
}
