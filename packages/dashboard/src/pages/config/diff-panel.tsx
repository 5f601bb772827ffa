/** What differs between two configurations: in words, and line by line. */
import { useMemo, useState } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import { pageHref } from '../../app/location.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { diffLines } from '../../view/diff-lines.ts';
import { plural } from '../../view/format.ts';

const LINES_FIRST = 1_000;

export function DiffPanel({ from, to }: { readonly from: number; readonly to: number }) {
  const { value, problem } = useLoaded(`${from} ${to}`, async (signal) =>
    getJson<{ changes: readonly string[]; diff: string }>(`api/plans/${to}/diff`, { query: { from }, signal }),
  );
  return (
    <Panel title={`From generation ${from} to ${to}`} aside={<a href={pageHref('config', { tab: 'history' })}>Close</a>}>
      {problem === null ? null : <p class="problem">{problem}</p>}
      {value === null ? (
        problem === null ? (
          <Empty>Loading…</Empty>
        ) : null
      ) : (
        <>
          {value.changes.length === 0 ? null : (
            <ul class="changes">
              {value.changes.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          )}
          <Diff key={`${from} ${to}`} diff={value.diff} />
        </>
      )}
    </Panel>
  );
}

function Diff({ diff }: { readonly diff: string }) {
  const lines = useMemo(() => diffLines(diff), [diff]);
  const [isWhole, setWhole] = useState(false);
  if (lines.length === 0) return <Empty>They are the same.</Empty>;
  const shown = isWhole ? lines : lines.slice(0, LINES_FIRST);
  return (
    <>
      <div class="diff" tabIndex={0} role="region" aria-label="Lines that differ">
        {shown.map(({ kind, text }, index) => (
          <div key={index} class={kind}>
            {kind === 'added' ? <span class="unseen">added: </span> : kind === 'removed' ? <span class="unseen">removed: </span> : null}
            {text}
          </div>
        ))}
      </div>
      {shown.length === lines.length ? null : (
        <button type="button" class="button small" onClick={() => setWhole(true)}>
          {plural(lines.length - shown.length, 'more line')}
        </button>
      )}
    </>
  );
}
