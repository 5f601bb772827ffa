/** Everything around a page: the way past the navigation, the bar, the page itself (loaded when it is first asked for), dialogs, messages, the live region. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { ConfirmDialog } from '../components/confirm.tsx';
import { Notices } from '../components/notices.tsx';
import { Empty, Page } from '../components/page.tsx';
import { OverviewPage } from '../pages/overview/overview-page.tsx';
import { announcement } from '../store/announcer.ts';
import { isStale } from '../store/store.ts';
import { pageHref } from './location.ts';
import type { PageName } from './location.ts';
import { TopBar } from './nav.tsx';
import { location } from './router.ts';
import { TokenDialog } from './token-dialog.tsx';

const PAGES: Readonly<Record<Exclude<PageName, 'overview'>, () => Promise<ComponentType>>> = {
  service: async () => (await import('../pages/service/service-page.tsx')).ServicePage,
  routes: async () => (await import('../pages/routes/routes-page.tsx')).RoutesPage,
  cache: async () => (await import('../pages/cache/cache-page.tsx')).CachePage,
  config: async () => (await import('../pages/config/config-page.tsx')).ConfigPage,
  logs: async () => (await import('../pages/logs/logs-page.tsx')).LogsPage,
  alerts: async () => (await import('../pages/alerts/alerts-page.tsx')).AlertsPage,
};

export function Shell() {
  const toMain = (event: MouseEvent) => {
    event.preventDefault();
    document.querySelector<HTMLElement>('main h1')?.focus();
  };
  return (
    <>
      <a class="skip-link" href="#main" onClick={toMain}>
        Skip to the page
      </a>
      <TopBar />
      <main id="main" class={isStale.value ? 'stale' : ''}>
        <CurrentPage />
      </main>
      <div class="unseen" role="status" aria-live="polite">
        {announcement}
      </div>
      <ConfirmDialog />
      <TokenDialog />
      <Notices />
    </>
  );
}

function CurrentPage() {
  const { page, name } = location.value;
  if (page === 'overview') return <OverviewPage />;
  if (page === 'unknown') {
    return (
      <Page title="No such page">
        <Empty>
          There is nothing at this address. <a href={pageHref('overview')}>To the overview</a>
        </Empty>
      </Page>
    );
  }
  return <LazyPage key={`${page} ${name}`} page={page} />;
}

function LazyPage({ page }: { readonly page: Exclude<PageName, 'overview'> }) {
  const loaded = useSignal<ComponentType | Error | null>(null);
  useEffect(() => {
    PAGES[page]().then(
      (component) => (loaded.value = component),
      (error: unknown) => (loaded.value = error as Error),
    );
  }, [page]);
  const { value: Loaded } = loaded;
  if (Loaded === null) return null;
  if (!(Loaded instanceof Error)) return <Loaded />;
  return (
    <Page title="Not loaded">
      <Empty>
        This page could not be loaded: {Loaded.message}. Sluice may have been updated meanwhile: <a href="">load it again</a>.
      </Empty>
    </Page>
  );
}
