/** The changes that were asked for over the API: when, by whom, what came of each. */
import { useEffect, useState } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import type { AuditEntry } from '../../api/types.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { moment } from '../../view/format.ts';

const AT_ONCE = 50;

interface AuditPage {
  readonly items: readonly AuditEntry[];
  readonly next: number | null;
}

export function AuditPanel() {
  const [page, setPage] = useState<AuditPage | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = async (before: number | null) => {
    try {
      const { items, next } = await getJson<AuditPage>('api/audit', { query: { limit: AT_ONCE, before } });
      setProblem(null);
      setPage((last) => ({ items: before === null ? items : [...(last?.items ?? []), ...items], next }));
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  useEffect(() => void load(null), []);
  return (
    <Panel
      title="Changes asked for over the API"
      aside={
        <button type="button" class="button small" onClick={() => void load(null)}>
          Look again
        </button>
      }
    >
      {problem === null ? null : <p class="problem">{problem}</p>}
      {page === null ? null : page.items.length === 0 ? (
        <Empty>Nothing was changed over the API yet.</Empty>
      ) : (
        <Entries items={page.items} />
      )}
      {page === null || page.next === null ? null : (
        <p class="more">
          <button type="button" class="button small" onClick={() => void load(page.next)}>
            Older
          </button>
        </p>
      )}
    </Panel>
  );
}

function Entries({ items }: { readonly items: readonly AuditEntry[] }) {
  const now = Date.now();
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Changes asked for: table">
      <table class="table">
        <thead>
          <tr>
            {['When', 'Who', 'What', 'Of what', 'Before', 'After', 'Outcome'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map(({ id, at, who, action, target, before, after, outcome }) => (
            <tr key={id}>
              <td>
                <time dateTime={new Date(at).toISOString()}>{moment(at, now)}</time>
              </td>
              <td>{who}</td>
              <th scope="row">{action}</th>
              <td>{target}</td>
              <td class="wrap">
                <Json value={before} />
              </td>
              <td class="wrap">
                <Json value={after} />
              </td>
              <td class="wrap">{outcome}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Json({ value }: { readonly value: unknown }) {
  return value === null || value === undefined ? null : <code>{JSON.stringify(value)}</code>;
}
