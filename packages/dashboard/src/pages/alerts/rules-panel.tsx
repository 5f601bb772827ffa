/** What is watched, its condition, and how it stands. */
import { useState } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import type { AlertRuleStatus, Page } from '../../api/types.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { severityState, StateBadge } from '../../components/state-badge.tsx';
import { useLoaded } from '../../components/use-loaded.ts';

const AGAIN_MS = 5_000;

export function RulesPanel() {
  const { value, problem } = useLoaded(
    'rules',
    async (signal) => getJson<Pick<Page<AlertRuleStatus>, 'items'>>('api/alerts/rules', { signal }),
    AGAIN_MS,
  );
  return (
    <Panel title="What is watched">
      {problem === null ? null : <p class="problem">{problem}</p>}
      {value === null ? problem === null ? <Empty>Loading…</Empty> : null : <Rules rules={value.items} />}
    </Panel>
  );
}

function Rules({ rules }: { readonly rules: readonly AlertRuleStatus[] }) {
  const [text, setText] = useState('');
  if (rules.length === 0) return <Empty>There are no rules.</Empty>;
  const wanted = text.trim().toLowerCase();
  const found = rules.filter(({ name, summary, condition }) => `${name}\n${summary}\n${condition}`.toLowerCase().includes(wanted));
  return (
    <>
      <label class="field search">
        Search
        <input class="input" type="search" value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
      </label>
      <div class="table-box" tabIndex={0} role="region" aria-label="Rules: table">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">State</th>
              <th scope="col">Severity</th>
              <th scope="col">Fires when</th>
              <th scope="col">What it says</th>
            </tr>
          </thead>
          <tbody>
            {found.map((rule) => (
              <Rule key={rule.name} rule={rule} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Rule({ rule: { name, state, severity, condition, summary, trouble } }: { readonly rule: AlertRuleStatus }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {state === 'ok' ? (
          <StateBadge state="up" label="ok" />
        ) : (
          <StateBadge state={state === 'pending' ? 'starting' : severityState(severity)} label={state} />
        )}
      </td>
      <td>{severity}</td>
      <td class="wrap roomy">
        <code>{condition}</code>
      </td>
      <td class="wrap roomy">
        {trouble === null ? null : <p class="note">Cannot be judged: {trouble}</p>}
        {summary}
      </td>
    </tr>
  );
}
