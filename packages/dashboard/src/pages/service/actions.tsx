/** What one can have done to the whole service. */
import { useState } from 'preact/hooks';
import type { FleetStatus } from '../../api/types.ts';
import { ask, perform } from '../../components/confirm.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { command, scale } from '../../store/service-actions.ts';
import { mayOperate } from '../../store/store.ts';

interface ServiceActionsProps {
  readonly name: string;
  readonly fleet: FleetStatus | undefined;
}

export function ServiceActions({ name, fleet }: ServiceActionsProps) {
  const [isScaling, setScaling] = useState(false);
  if (fleet === undefined || !mayOperate.value) return null;
  return (
    <>
      <button type="button" class="button" onClick={() => setScaling(true)}>
        Scale…
      </button>
      {fleet.isPaused ? (
        <button type="button" class="button" onClick={() => void perform(async () => await command(name, 'resume'))}>
          Let requests go on
        </button>
      ) : (
        <button type="button" class="button" onClick={() => askToPause(name)}>
          Hold requests…
        </button>
      )}
      {fleet.deploy === null ? (
        <button type="button" class="button danger" onClick={() => askToRollBack(name)}>
          Roll back…
        </button>
      ) : null}
      {isScaling ? <ScaleDialog fleet={fleet} close={() => setScaling(false)} /> : null}
    </>
  );
}

function askToPause(name: string): void {
  ask({
    title: `Hold the requests to ${name}?`,
    text: 'New requests wait instead of being sent on, until you let them go on, or the service’s waiting time is over. Those in flight finish.',
    verb: 'Hold them',
    act: async () => await command(name, 'pause'),
  });
}

export function askToRollBack(name: string): void {
  ask({
    title: `Roll ${name} back?`,
    text: 'The version that ran before takes the place of the one that runs, instance by instance.',
    verb: 'Roll back',
    isDangerous: true,
    act: async () => await command(name, 'rollback'),
  });
}

function ScaleDialog({ fleet, close }: { readonly fleet: FleetStatus; readonly close: () => void }) {
  const fix = (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = Number(new FormData(event.currentTarget as HTMLFormElement).get('instances'));
    void perform(async () => await scale(fleet.service, wanted)).then((isDone) => isDone && close());
  };
  const free = () => void perform(async () => await scale(fleet.service, 'auto')).then((isDone) => isDone && close());
  return (
    <Dialog title={`Scale ${fleet.service} by hand`} onClose={close}>
      <p>
        {fleet.manual === null ? `The policies want ${fleet.wanted} of ${fleet.min} to ${fleet.max}.` : `It is fixed at ${fleet.manual}.`} A
        number that is fixed stays until it is left to the policies again.
      </p>
      <form onSubmit={fix}>
        <label class="field">
          Instances
          <input
            class="input"
            type="number"
            name="instances"
            min="0"
            max="1000"
            required
            defaultValue={String(fleet.manual ?? fleet.wanted)}
          />
        </label>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          {fleet.manual === null ? null : (
            <button type="button" class="button" onClick={free}>
              Leave it to the policies
            </button>
          )}
          <button type="submit" class="button primary">
            Fix the number
          </button>
        </div>
      </form>
    </Dialog>
  );
}
