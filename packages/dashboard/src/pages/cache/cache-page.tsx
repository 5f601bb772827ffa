/** Page: cache. */
import { Page } from '../../components/page.tsx';

export function CachePage() {
  return <Page title="Cache">{null}</Page>;
}
