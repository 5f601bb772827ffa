/** The plan that runs as a tree that opens piece by piece, without secrets, and a search in it. */
import { useComputed } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { useDeferred } from '../../components/use-deferred.ts';
import { useLoaded } from '../../components/use-loaded.ts';
import { status } from '../../store/store.ts';
import { pathText, searchTree, tell } from '../../view/plan-tree.ts';
import type { NodePath } from '../../view/plan-tree.ts';
import { Tree } from './tree.tsx';

const FOUND_MAX = 100;

export function PlanPanel() {
  const generation = useComputed(() => status.value?.generation ?? 0);
  const { value, problem } = useLoaded(String(generation.value), async (signal) =>
    getJson<{ generation: number; plan: object | null }>('api/plan', { signal }),
  );
  return (
    <Panel
      title={value === null ? 'What runs' : `What runs: generation ${value.generation}`}
      aside={<span class="hint">compiled, with every default; secrets are left out</span>}
    >
      {problem === null ? null : <p class="problem">The plan could not be read: {problem}</p>}
      {value === null ? (
        problem === null ? (
          <Empty>Loading…</Empty>
        ) : null
      ) : value.plan === null ? (
        <Empty>No plan runs.</Empty>
      ) : (
        <Plan plan={value.plan} />
      )}
    </Panel>
  );
}

function Plan({ plan }: { readonly plan: object }) {
  const [text, setText] = useState('');
  const [shown, setShown] = useState<NodePath>([]);
  const wanted = useDeferred(text, 150);
  const found = useMemo(() => searchTree(plan, wanted, FOUND_MAX + 1), [plan, wanted]);
  return (
    <>
      <label class="field">
        Search names and values
        <input
          class="input"
          type="search"
          value={text}
          placeholder="timeout, 127.0.0.1, shop"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {wanted.trim() === '' ? null : (
        <div class="found">
          <p class="hint" role="status">
            {found.length > FOUND_MAX ? `more than ${FOUND_MAX} places; the first are shown` : `${found.length} places`}
          </p>
          <ul>
            {found.slice(0, FOUND_MAX).map(({ path, value }) => (
              <li key={pathText(path)}>
                <button type="button" class="link" onClick={() => setShown(path)}>
                  <code>{pathText(path)}</code>
                </button>{' '}
                <code class="soft">{tell(value)}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
      <Tree key={pathText(shown)} root={plan} shown={shown} />
    </>
  );
}
