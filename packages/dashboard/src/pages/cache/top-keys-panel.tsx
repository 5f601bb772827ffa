/** What a cache is asked for most, of what it holds in memory. */
import { useEffect } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import type { CachedReply, Page } from '../../api/types.ts';
import { perform } from '../../components/confirm.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { mayOperate } from '../../store/store.ts';
import { bytes, count, duration } from '../../view/format.ts';
import { purge } from './purge-panel.tsx';

const SHOWN = 50;
const AGAIN_MS = 5_000;

interface TopKeysPanelProps {
  readonly cache: string;
  readonly isOnly: boolean;
  /** Another number: something was purged, and they are read anew. */
  readonly purges: number;
  readonly onPurged: () => void;
}

export function TopKeysPanel({ cache, isOnly, purges, onPurged }: TopKeysPanelProps) {
  const { value, problem, reload } = useLoaded(
    cache,
    async (signal) =>
      getJson<Pick<Page<CachedReply>, 'items'>>(`api/caches/${encodeURIComponent(cache)}/keys`, { query: { limit: SHOWN }, signal }),
    AGAIN_MS,
  );
  useEffect(() => {
    if (purges > 0) reload();
  }, [purges]);
  return (
    <Panel title={isOnly ? 'Used most' : `Used most in ${cache}`} aside={<span class="hint">of what is in memory</span>}>
      {problem === null ? null : <p class="problem">{problem}</p>}
      {value === null ? (
        problem === null ? (
          <Empty>Loading…</Empty>
        ) : null
      ) : (
        <Keys cache={cache} replies={value.items} onPurged={onPurged} />
      )}
    </Panel>
  );
}

interface KeysProps {
  readonly cache: string;
  readonly replies: readonly CachedReply[];
  readonly onPurged: () => void;
}

function Keys({ cache, replies, onPurged }: KeysProps) {
  if (replies.length === 0) return <Empty>It holds nothing.</Empty>;
  const take = (url: string) => perform(async () => purge({ kind: 'url', text: url, cache, soft: false })).then(onPurged);
  const now = Date.now();
  return (
    <div class="table-box tall" tabIndex={0} role="region" aria-label={`Used most in ${cache}: table`}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">URL</th>
            <th scope="col" class="number">
              Hits
            </th>
            <th scope="col" class="number">
              Status
            </th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col">Fresh</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {replies.map((reply, index) => (
            <tr key={index}>
              <td class="wrap">
                <code>{reply.url}</code> {reply.isVariant ? <span class="tag">one of several</span> : null}
              </td>
              <td class="number">{count(reply.hits)}</td>
              <td class="number">{reply.status}</td>
              <td class="number">{bytes(reply.bytes)}</td>
              <td>{freshness(reply, now)}</td>
              <td>
                <button
                  type="button"
                  class="button small"
                  aria-label={`Purge ${reply.url}`}
                  disabled={!mayOperate.value}
                  onClick={() => void take(reply.url)}
                >
                  Purge
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function freshness({ freshUntil, isPurged }: CachedReply, now: number): string {
  if (isPurged) return 'stale: purged';
  const left = (freshUntil - now) / 1_000;
  return left > 0 ? `for ${duration(left)}` : `stale for ${duration(-left)}`;
}
