/** A deploy under way: from which version to which, how far, why it is where it is, and what one can do about it. */
import type { DeployStatus } from '../../api/types.ts';
import { ask, perform } from '../../components/confirm.tsx';
import { Panel } from '../../components/page.tsx';
import { command } from '../../store/service-actions.ts';
import { mayOperate } from '../../store/store.ts';
import { percent, words } from '../../view/format.ts';
import { askToRollBack } from './actions.tsx';

interface DeployPanelProps {
  readonly service: string;
  readonly deploy: DeployStatus;
}

export function DeployPanel({ service, deploy }: DeployPanelProps) {
  const { from, to, strategy, phase, share, ready, wanted, reason } = deploy;
  return (
    <Panel title={`Deploy: ${from} → ${to}`} aside={mayOperate.value ? <Buttons service={service} deploy={deploy} /> : null}>
      <div class="deploy">
        <dl class="facts">
          <dt>Strategy</dt>
          <dd>{strategy}</dd>
          <dt>Step</dt>
          <dd>{words(phase)}</dd>
          <dt>Why</dt>
          <dd>{reason}</dd>
        </dl>
        <div>
          <Bar label={`Instances of ${to} that are ready`} value={wanted === 0 ? 0 : ready / wanted} text={`${ready} of ${wanted}`} />
          <Bar label={`Requests to ${to}`} value={share} text={percent(share)} />
        </div>
      </div>
    </Panel>
  );
}

function Bar({ label, value, text }: { readonly label: string; readonly value: number; readonly text: string }) {
  const width = Math.min(1, Math.max(0, value)) * 100;
  return (
    <div class="bar">
      <span>{label}</span>
      <b>{text}</b>
      <span
        class="bar-room"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(width)}
        aria-valuetext={text}
      >
        <span class="bar-value" style={{ width: `${width}%` }} />
      </span>
    </div>
  );
}

function Buttons({ service, deploy }: DeployPanelProps) {
  const isHeld = deploy.phase === 'paused';
  const isGoingBack = deploy.phase === 'rolling-back';
  return (
    <span class="button-row">
      {isGoingBack ? null : (
        <button type="button" class="button small" onClick={() => askToPromote(service, deploy)}>
          Promote…
        </button>
      )}
      <button
        type="button"
        class="button small"
        onClick={() => void perform(async () => await command(service, isHeld ? 'continue' : 'hold'))}
      >
        {isHeld ? 'Continue' : 'Pause'}
      </button>
      {isGoingBack ? null : (
        <button type="button" class="button small danger" onClick={() => askToRollBack(service)}>
          Roll back…
        </button>
      )}
    </span>
  );
}

function askToPromote(service: string, { to }: DeployStatus): void {
  ask({
    title: `Go on with ${to}?`,
    text: `The deploy of ${service} does not wait any longer where it is, and takes its next step now.`,
    verb: 'Promote',
    act: async () => await command(service, 'promote'),
  });
}
