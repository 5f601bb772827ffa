/** The bar on top: where one can go, how it stands, light or dark. */
import { alerts, firing } from '../store/store.ts';
import { ConnectionNote } from './connection-note.tsx';
import { pageHref } from './location.ts';
import type { PageName } from './location.ts';
import { location } from './router.ts';
import { nextTheme, theme } from './theme.ts';

const ENTRIES: readonly (readonly [page: Exclude<PageName, 'service'>, label: string])[] = [
  ['overview', 'Overview'],
  ['routes', 'Routes'],
  ['cache', 'Cache'],
  ['config', 'Configuration'],
  ['logs', 'Logs'],
  ['alerts', 'Alerts'],
];

const THEMES = { system: 'Auto', light: 'Light', dark: 'Dark' } as const;

export function TopBar() {
  const current = location.value.page === 'service' ? 'overview' : location.value.page;
  // A service's page is below the overview, not the overview itself.
  const mark = location.value.page === 'service' ? 'true' : 'page';
  return (
    <header class="top-bar">
      <a class="brand" href={pageHref('overview')} aria-label="Sluice, overview">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M3 7c13 0 13 9 26 9M3 16h26M3 25c13 0 13-9 26-9" />
        </svg>
        <span>Sluice</span>
      </a>
      <nav aria-label="Pages">
        <ul>
          {ENTRIES.map(([page, label]) => (
            <li key={page}>
              <a href={pageHref(page)} aria-current={page === current ? mark : undefined}>
                {label}
                {page === 'alerts' ? <AlertCount /> : null}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="top-state">
        <ConnectionNote />
        <button type="button" class="button small" onClick={nextTheme} aria-label={`Colours: ${THEMES[theme.value]}. Change`}>
          {THEMES[theme.value]}
        </button>
      </div>
    </header>
  );
}

function AlertCount() {
  const { length } = firing.value;
  if (length === 0 || alerts.value.length === 0) return null;
  const isCritical = firing.value.some(({ severity }) => severity === 'critical');
  return (
    <span class={`alert-count ${isCritical ? 'critical' : ''}`}>
      {length}
      <span class="unseen"> firing</span>
    </span>
  );
}
