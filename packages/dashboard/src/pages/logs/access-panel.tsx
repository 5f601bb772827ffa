/** Requests as they end, filtered where they are counted: what does not fit the filters does not leave the workers. The filters stand in the address. */
import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../../api/client.ts';
import { Feed } from '../../api/feed.ts';
import { pageHref } from '../../app/location.ts';
import { location, replaceHash } from '../../app/router.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { useDeferred } from '../../components/use-deferred.ts';
import { ACCESS_FILTERS, filterFault, readAccessLine } from '../../view/access-line.ts';
import type { AccessFilter, AccessLine } from '../../view/access-line.ts';
import { count } from '../../view/format.ts';
import { AccessFilters } from './access-filters.tsx';
import { AccessTable } from './access-table.tsx';
import { TailButtons } from './tail-buttons.tsx';
import { useTail } from './use-tail.ts';

const LINES_MAX = 500;
const SETTLED_MS = 350;

export function AccessPanel() {
  const { query } = location.value;
  const filters = Object.fromEntries(ACCESS_FILTERS.map((name) => [name, query.get(name) ?? ''])) as Record<AccessFilter, string>;
  const tail = useTail<AccessLine>(LINES_MAX);
  const [skipped, setSkipped] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const fault = filterFault(filters);
  const path = useDeferred(fault === null ? apiPath('api/access', filters) : null, SETTLED_MS);
  useEffect(() => {
    tail.clear();
    setSkipped(0);
    setProblem(null);
    if (path === null) return;
    const feed = new Feed({
      path,
      onMessage: ({ event, data }) => {
        if (event === 'skipped') return setSkipped((last) => last + skippedOf(data));
        const line = event === 'access' ? readAccessLine(data) : null;
        if (line !== null) tail.add(line);
      },
      onState: (_, why) => setProblem(why),
    });
    return () => feed.end();
  }, [path]);
  const set = (name: AccessFilter, value: string) => {
    const next = { ...filters, [name]: value.trim() };
    replaceHash(pageHref('logs', Object.fromEntries(Object.entries(next).filter(([, one]) => one !== ''))));
  };
  return (
    <Panel title="Requests as they end" aside={<TailButtons tail={tail} />}>
      <AccessFilters filters={filters} onChange={set} />
      {fault === null ? null : <p class="problem">{fault}</p>}
      {problem === null ? null : <p class="problem">The tail is broken and is tried again: {problem}</p>}
      <p class="hint">
        The last {LINES_MAX} at most, the youngest first, at most 50 a second.
        {skipped === 0 ? '' : ` ${count(skipped)} more were skipped: narrow the filters to see each.`}
      </p>
      {tail.lines.length === 0 ? (
        <Empty>Nothing yet{tail.isHeld ? ': it is paused' : ''}.</Empty>
      ) : (
        <AccessTable lines={tail.lines} onFilter={set} />
      )}
    </Panel>
  );
}

function skippedOf(data: string): number {
  const { skipped } = JSON.parse(data) as { skipped?: unknown };
  return typeof skipped === 'number' ? skipped : 0;
}
