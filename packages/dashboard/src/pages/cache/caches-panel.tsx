/** Caches and their tiers: how full, how often they had it. */
import type { CacheStatus } from '../../api/types.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { hitRatio, tierRows } from '../../view/cache-tiers.ts';
import type { TierRow } from '../../view/cache-tiers.ts';
import { bytes, count, NONE, percent } from '../../view/format.ts';

export function CachesPanel({ caches }: { readonly caches: readonly CacheStatus[] | null }) {
  return (
    <Panel title="Caches">
      {caches === null ? (
        <Empty>Loading…</Empty>
      ) : (
        <div class="table-box" tabIndex={0} role="region" aria-label="Caches: table">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Cache</th>
                <th scope="col">Tier</th>
                <th scope="col" class="number">
                  Replies
                </th>
                <th scope="col">Room</th>
                <th scope="col" class="number">
                  Hit ratio
                </th>
                <th scope="col" class="number">
                  Hits
                </th>
                <th scope="col" class="number">
                  Misses
                </th>
                <th scope="col" class="number">
                  Stored
                </th>
                <th scope="col" class="number">
                  Evicted
                </th>
              </tr>
            </thead>
            <tbody>
              {caches.map((cache) => tierRows(cache).map((row) => <Tier key={`${cache.name} ${row.tier}`} name={cache.name} row={row} />))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Tier({ name, row }: { readonly name: string; readonly row: TierRow }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {row.tier}
        {row.state === 'on' || row.state === 'up' ? null : <span class="tag">{row.state}</span>}
      </td>
      <td class="number">{count(row.entries)}</td>
      <td>
        {row.bytes === null || row.capacityBytes === null ? (
          NONE
        ) : (
          <span class="room">
            <ShareBar share={row.bytes / row.capacityBytes} />
            {bytes(row.bytes)} of {bytes(row.capacityBytes)}
          </span>
        )}
      </td>
      <td class="number">{percent(hitRatio(row))}</td>
      <td class="number">{count(row.hits)}</td>
      <td class="number">{count(row.misses)}</td>
      <td class="number">{count(row.writes)}</td>
      <td class="number">{count(row.evictions)}</td>
    </tr>
  );
}
