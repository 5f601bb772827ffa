/** Page: what caches hold, how often they have what is asked for, what is asked for most, and purges. */
import { useState } from 'preact/hooks';
import '../../styles/pages.css';
import { getJson } from '../../api/client.ts';
import type { CacheStatus } from '../../api/types.ts';
import { Empty, Page, Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { CachesPanel } from './caches-panel.tsx';
import { HitsPanel } from './hits-panel.tsx';
import { PurgePanel } from './purge-panel.tsx';
import { TopKeysPanel } from './top-keys-panel.tsx';

const AGAIN_MS = 3_000;

export function CachePage() {
  const [purges, setPurges] = useState(0);
  const { value, problem, reload } = useLoaded(
    'caches',
    async (signal) => getJson<readonly CacheStatus[]>('api/caches', { signal }),
    AGAIN_MS,
  );
  const caches = value ?? [];
  const purged = () => {
    setPurges(purges + 1);
    reload();
  };
  return (
    <Page title="Cache">
      {problem === null ? null : <p class="problem page-problem">The caches could not be read: {problem}</p>}
      {value === null || caches.length > 0 ? (
        <CachesPanel caches={value} />
      ) : (
        <Panel title="Caches">
          <Empty>
            No cache is in use: a route has one with the filter <code>cache</code>.
          </Empty>
        </Panel>
      )}
      <HitsPanel />
      <PurgePanel names={caches.map(({ name }) => name)} onPurged={purged} />
      {caches.map(({ name }) => (
        <TopKeysPanel key={name} cache={name} purges={purges} onPurged={purged} isOnly={caches.length === 1} />
      ))}
    </Page>
  );
}
