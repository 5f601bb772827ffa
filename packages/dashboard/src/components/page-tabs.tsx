/** The parts of a page of which one is shown: links, so that each has an address. */
import { pageHref } from '../app/location.ts';
import type { PageName } from '../app/location.ts';

interface PageTabsProps {
  readonly page: Exclude<PageName, 'service'>;
  /** The first one is shown without a word in the address. */
  readonly tabs: readonly (readonly [tab: string, label: string])[];
  readonly current: string;
}

export function PageTabs({ page, tabs, current }: PageTabsProps) {
  return (
    <nav class="page-tabs" aria-label="Parts of this page">
      <ul>
        {tabs.map(([tab, label], index) => (
          <li key={tab}>
            <a href={pageHref(page, index === 0 ? {} : { tab })} aria-current={tab === current ? 'page' : undefined}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
