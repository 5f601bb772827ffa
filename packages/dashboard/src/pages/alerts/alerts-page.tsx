/** Page: what fires, what is watched, what is kept quiet, and whether those who are told can be reached. */
import '../../styles/pages.css';
import { signal } from '@preact/signals';
import { Page } from '../../components/page.tsx';
import { mayOperate } from '../../store/store.ts';
import { AlertsPanel } from './alerts-panel.tsx';
import { RulesPanel } from './rules-panel.tsx';
import { SilenceDialog } from './silence-dialog.tsx';
import { SilencesPanel } from './silences-panel.tsx';
import { SinksPanel } from './sinks-panel.tsx';

/** Labels that a new silence begins with; null: none is being made. */
const begun = signal<Readonly<Record<string, string>> | null>(null);
/** Goes up when silences have changed. */
const changes = signal(0);

export function AlertsPage() {
  const begin = (labels: Readonly<Record<string, string>>) => (begun.value = labels);
  const actions = (
    <button type="button" class="button" disabled={!mayOperate.value} onClick={() => begin({})}>
      New silence
    </button>
  );
  return (
    <Page title="Alerts" actions={actions}>
      <AlertsPanel onSilence={begin} />
      <div class="columns">
        <SilencesPanel turn={changes.value} onChanged={() => changes.value++} />
        <SinksPanel />
      </div>
      <RulesPanel />
      {begun.value === null ? null : (
        <SilenceDialog labels={begun.value} onClose={() => (begun.value = null)} onMade={() => changes.value++} />
      )}
    </Page>
  );
}
