/** The configurations that ran: when, who wanted them, what differed. Two of them are compared, and one that is kept can be brought back. */
import { useComputed } from '@preact/signals';
import { change, getJson } from '../../api/client.ts';
import type { Page, PlanRecord } from '../../api/types.ts';
import { pageHref } from '../../app/location.ts';
import { location, replaceHash } from '../../app/router.ts';
import { ask } from '../../components/confirm.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { me, status } from '../../store/store.ts';
import { moment, plural } from '../../view/format.ts';
import { DiffPanel } from './diff-panel.tsx';

const SHOWN = 100;
const CHANGES_SHOWN = 5;

export function HistoryPanel() {
  const generation = useComputed(() => status.value?.generation ?? 0);
  const { value, problem, reload } = useLoaded(String(generation.value), async (signal) =>
    getJson<Page<PlanRecord>>('api/plans', { query: { limit: SHOWN }, signal }),
  );
  const { query } = location.value;
  const [from, to] = [Number(query.get('from') ?? 0), Number(query.get('to') ?? 0)];
  return (
    <>
      {from > 0 && to > 0 ? <DiffPanel from={from} to={to} /> : null}
      <Panel title="Configurations that ran" aside={<span class="hint">choose two to compare them</span>}>
        {problem === null ? null : <p class="problem">{problem}</p>}
        {value === null ? (
          problem === null ? (
            <Empty>Loading…</Empty>
          ) : null
        ) : value.items.length === 0 ? (
          <Empty>None is known.</Empty>
        ) : (
          <Records records={value.items} chosen={[from, to].filter((one) => one > 0)} onRolledBack={reload} />
        )}
      </Panel>
    </>
  );
}

interface RecordsProps {
  readonly records: readonly PlanRecord[];
  readonly chosen: readonly number[];
  readonly onRolledBack: () => void;
}

function Records({ records, chosen, onRolledBack }: RecordsProps) {
  return (
    <div class="table-box tall" tabIndex={0} role="region" aria-label="Configurations that ran: table">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Compare</th>
            <th scope="col">Generation</th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What differed</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <Row key={record.generation} record={record} chosen={chosen} onRolledBack={onRolledBack} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ record, chosen, onRolledBack }: { readonly record: PlanRecord } & Omit<RecordsProps, 'records'>) {
  const { generation, at, by, changes, isKept, isRunning } = record;
  const mayRollBack = me.value === null || me.value.scope === 'admin';
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare generation ${generation}`}
          checked={chosen.includes(generation)}
          disabled={!isKept}
          onChange={() => choose(generation, chosen)}
        />
      </td>
      <th scope="row">
        {generation} {isRunning ? <span class="tag">runs</span> : null}
        {isKept ? null : <span class="tag">not kept</span>}
      </th>
      <td>
        <time dateTime={new Date(at).toISOString()}>{moment(at, Date.now())}</time>
      </td>
      <td>{by}</td>
      <td class="wrap">
        <Changes changes={changes} />
      </td>
      <td>
        {isRunning || !isKept ? null : (
          <button
            type="button"
            class="button small danger"
            aria-label={`Roll back to generation ${generation}`}
            disabled={!mayRollBack}
            onClick={() => askToRollBack(record, onRolledBack)}
          >
            Roll back
          </button>
        )}
      </td>
    </tr>
  );
}

function Changes({ changes }: { readonly changes: readonly string[] }) {
  if (changes.length === 0) return <span class="soft">nothing</span>;
  const line = (text: string) => <li key={text}>{text}</li>;
  if (changes.length <= CHANGES_SHOWN) return <ul>{changes.map(line)}</ul>;
  return (
    <details>
      <summary>{plural(changes.length, 'change')}</summary>
      <ul>{changes.map(line)}</ul>
    </details>
  );
}

/** The third one takes the place of the older. */
function choose(generation: number, chosen: readonly number[]): void {
  const next = chosen.includes(generation) ? chosen.filter((one) => one !== generation) : [...chosen, generation].slice(-2);
  const [from, to] = next.toSorted((a, b) => a - b);
  const query = { tab: 'history', ...(from === undefined ? {} : { from: String(from) }), ...(to === undefined ? {} : { to: String(to) }) };
  replaceHash(pageHref('config', query));
}

function askToRollBack({ generation, at }: PlanRecord, onRolledBack: () => void): void {
  ask({
    title: `Roll back to generation ${generation}?`,
    text: `The configuration of ${moment(at, Date.now())} runs again, as a new generation. It holds until the next reload: then the file counts again, so change the file, too.`,
    verb: 'Roll back',
    isDangerous: true,
    act: async () => {
      const result = await change<{ generation: number; changes: readonly string[] }>('POST', `api/plans/${generation}/rollback`);
      onRolledBack();
      return `Generation ${result?.generation} runs: generation ${generation} again, ${plural(result?.changes.length ?? 0, 'change')}.`;
    },
  });
}
