/** The files of mixin/, as text. */
import { stringify } from 'yaml';
import { PROMETHEUS_ALERTS } from './alerts.ts';
import { dashboard } from './dashboard.ts';
import { RECORDING_RULES } from './recording.ts';

const HEAD = '# Made by `npm run docs` from the rules that Sluice has by itself; what is changed here is lost.\n';

export function mixinFiles(): Readonly<Record<string, string>> {
  return {
    'sluice-rules.yaml': HEAD + stringify({ groups: [{ name: 'sluice-rules', rules: RECORDING_RULES }] }, { lineWidth: 0 }),
    'sluice-alerts.yaml': HEAD + stringify({ groups: [{ name: 'sluice-alerts', rules: PROMETHEUS_ALERTS }] }, { lineWidth: 0 }),
    'sluice-dashboard.json': `${JSON.stringify(dashboard(), null, 2)}\n`,
  };
}
