/** Drain and bring back an endpoint; keep an instance from being taken away. */
import type { EndpointStatus, InstanceStatus } from '../../api/types.ts';
import { ask, perform } from '../../components/confirm.tsx';
import { drain, protect, undrain } from '../../store/service-actions.ts';
import { mayOperate } from '../../store/store.ts';

interface EndpointActionsProps {
  readonly service: string;
  readonly endpoint: EndpointStatus | null;
  readonly instance: InstanceStatus | null;
}

export function EndpointActions({ service, endpoint, instance }: EndpointActionsProps) {
  if (!mayOperate.value) return null;
  return (
    <span class="row-actions">
      {endpoint === null ? null : <DrainButton service={service} endpoint={endpoint} />}
      {instance === null ? null : (
        <button
          type="button"
          class="button small"
          aria-label={`${instance.isProtected ? 'Unprotect' : 'Protect'} ${instance.id}`}
          onClick={() => void perform(async () => await protect(service, instance.id, !instance.isProtected))}
        >
          {instance.isProtected ? 'Unprotect' : 'Protect'}
        </button>
      )}
    </span>
  );
}

function DrainButton({ service, endpoint }: { readonly service: string; readonly endpoint: EndpointStatus }) {
  const { address, state } = endpoint;
  // A drained one is in maintenance.
  if (state === 'draining' || state === 'maintenance') {
    return (
      <button
        type="button"
        class="button small"
        aria-label={`Undrain ${address}`}
        onClick={() => void perform(async () => await undrain(service, address))}
      >
        Undrain
      </button>
    );
  }
  return (
    <button type="button" class="button small" aria-label={`Drain ${address}`} onClick={() => askToDrain(service, endpoint)}>
      Drain…
    </button>
  );
}

function askToDrain(service: string, { address, inflight }: EndpointStatus): void {
  ask({
    title: `Drain ${address}?`,
    text: `It gets no new requests of ${service}; the ${inflight} in flight may finish, until the service’s deadline. It stays out until you bring it back.`,
    verb: 'Drain',
    isDangerous: true,
    act: async () => await drain(service, address),
  });
}
