/** Reads the configuration again; says which events are printed. */
import { useComputed } from '@preact/signals';
import { change, getJson } from '../../api/client.ts';
import type { EventLevel } from '../../api/types.ts';
import { ask, perform } from '../../components/confirm.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { me, mayOperate } from '../../store/store.ts';
import { plural } from '../../view/format.ts';

const LEVELS: readonly (readonly [level: EventLevel, label: string])[] = [
  ['info', 'all events'],
  ['warn', 'warnings and errors'],
  ['error', 'errors only'],
];

export function ConfigActions() {
  const mayReload = useComputed(() => me.value === null || me.value.scope === 'admin');
  return (
    <>
      <LogLevel />
      <button type="button" class="button" disabled={!mayReload.value} onClick={askForReload}>
        Reload
      </button>
    </>
  );
}

function LogLevel() {
  const { value, reload } = useLoaded('log level', async (signal) => getJson<{ level: EventLevel }>('api/log-level', { signal }));
  if (value === null) return null;
  const set = async (level: EventLevel) => {
    await perform(async () => {
      await change('PUT', 'api/log-level', { level });
      return `Sluice prints ${LEVELS.find(([one]) => one === level)![1]} until the next reload says otherwise.`;
    });
    reload();
  };
  return (
    <label class="inline-field">
      Prints
      <select
        class="select"
        value={value.level}
        disabled={!mayOperate.value}
        onChange={({ currentTarget }) => void set(currentTarget.value as EventLevel)}
      >
        {LEVELS.map(([level, label]) => (
          <option key={level} value={level}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

function askForReload(): void {
  ask({
    title: 'Reload the configuration?',
    text: 'The file is read again, and what differs is applied. Where it is wrong, what runs now runs on, and every fault is told.',
    verb: 'Reload',
    act: async () => {
      const result = await change<{ generation: number; changes: readonly string[] }>('POST', 'api/reload');
      const changes = result?.changes ?? [];
      return changes.length === 0 ? 'Nothing differs.' : `Generation ${result!.generation} runs: ${plural(changes.length, 'change')}.`;
    },
  });
}
