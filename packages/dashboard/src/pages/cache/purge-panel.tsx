/** The form that purges: a URL, all that begins so, a tag, or everything; for good, or so that it is only stale. */
import { useState } from 'preact/hooks';
import { change } from '../../api/client.ts';
import { ask, perform } from '../../components/confirm.tsx';
import { Panel } from '../../components/page.tsx';
import { mayOperate } from '../../store/store.ts';
import { formText } from '../../view/form-text.ts';
import { purgeBody, purgeOutcome } from '../../view/purge-request.ts';
import type { PurgeForm, PurgeKind } from '../../view/purge-request.ts';

const KINDS: readonly (readonly [kind: PurgeKind, label: string, example: string])[] = [
  ['url', 'One URL', 'https://shop.example/products/7'],
  ['prefix', 'All that begins with', 'https://shop.example/products/'],
  ['tag', 'A tag', 'product-7'],
  ['all', 'Everything', ''],
];

interface PurgePanelProps {
  readonly names: readonly string[];
  readonly onPurged: () => void;
}

export function PurgePanel({ names, onPurged }: PurgePanelProps) {
  const [kind, setKind] = useState<PurgeKind>('url');
  const [outcome, setOutcome] = useState<string | null>(null);
  const send = async (form: PurgeForm): Promise<string> => {
    const told = await purge(form);
    setOutcome(told);
    onPurged();
    return told;
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const wanted: PurgeForm = {
      kind,
      text: formText(form, 'text'),
      cache: formText(form, 'cache'),
      soft: form.get('soft') === 'on',
    };
    setOutcome(null);
    if (kind !== 'all') void perform(async () => send(wanted));
    else askForAll(wanted, async () => send(wanted));
  };
  const example = KINDS.find(([one]) => one === kind)![2];
  return (
    <Panel title="Purge">
      <form class="tools" onSubmit={submit}>
        <label class="field">
          What
          <select class="select" value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value as PurgeKind)}>
            {KINDS.map(([one, label]) => (
              <option key={one} value={one}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {kind === 'all' ? null : (
          <label class="field grow">
            {kind === 'tag' ? 'Tag' : kind === 'url' ? 'URL' : 'Beginning of the URL'}
            <input class="input mono" name="text" required placeholder={example} autocomplete="off" spellcheck={false} />
          </label>
        )}
        <label class="field">
          Cache
          <select class="select" name="cache">
            <option value="">all caches</option>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input type="checkbox" name="soft" /> Only make it stale
        </label>
        <button type="submit" class={`button primary ${kind === 'all' ? 'danger' : ''}`} disabled={!mayOperate.value}>
          Purge
        </button>
      </form>
      {mayOperate.value ? null : <p class="hint">Your token may only read.</p>}
      <p class="outcome" role="status">
        {outcome}
      </p>
    </Panel>
  );
}

function askForAll(form: PurgeForm, act: () => Promise<string>): void {
  const where = form.cache === '' ? 'all caches' : `the cache “${form.cache}”`;
  ask({
    title: 'Purge everything?',
    text: form.soft
      ? `Everything in ${where} becomes stale: it is asked for anew when somebody wants it, and served meanwhile where the route allows.`
      : `Everything in ${where} is taken out, in memory and on disk: each next request goes to a service.`,
    verb: 'Purge everything',
    isDangerous: true,
    act,
  });
}

/** @returns What came of it. */
export async function purge(form: PurgeForm): Promise<string> {
  const answer = await change<{ purged: { cache: string; entries: number }[] }>('POST', 'api/caches/purge', purgeBody(form));
  return purgeOutcome(answer?.purged ?? [], form.soft);
}
