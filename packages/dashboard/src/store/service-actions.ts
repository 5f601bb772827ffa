/** What one can have done to a service, its endpoints and its instances. Each answers with what came of it, for people. */
import { refreshStatus } from './live.ts';
import { change } from '../api/client.ts';

interface Outcome {
  readonly detail?: string;
}

/** What the API answers at once; the Status that follows shows it. */
async function act(service: string, verb: string, body: unknown = {}): Promise<string> {
  const outcome = await change<Outcome>('POST', `api/services/${encodeURIComponent(service)}/${verb}`, body);
  refreshStatus().catch(() => {});
  return outcome?.detail ?? `${service}: ${verb} is under way`;
}

/** @param instances `auto`: the policies decide again. */
export async function scale(service: string, instances: number | 'auto'): Promise<string> {
  return await act(service, 'scale', { instances });
}

/** Deploys and requests: `hold` and `continue` are of a deploy, `pause` and `resume` of requests. */
export async function command(service: string, verb: 'promote' | 'hold' | 'continue' | 'rollback' | 'pause' | 'resume'): Promise<string> {
  return await act(service, verb);
}

export async function protect(service: string, instance: string, isProtected: boolean): Promise<string> {
  return await act(service, `instances/${encodeURIComponent(instance)}/protect`, { protected: isProtected });
}

interface Drained {
  readonly result: string;
  readonly tookMs?: number;
  readonly inflight?: number;
}

/** The API answers when the endpoint has finished, or at the service's deadline, a day at most. */
const DRAIN_WAIT_MS = 24 * 60 * 60 * 1_000;

export async function drain(service: string, address: string): Promise<string> {
  const path = `api/services/${encodeURIComponent(service)}/endpoints/${encodeURIComponent(address)}/drain`;
  const outcome = await change<Drained>('POST', path, {}, { deadlineMs: DRAIN_WAIT_MS });
  refreshStatus().catch(() => {});
  if (outcome?.result === 'drained')
    return `${address} has finished, after ${((outcome.tookMs ?? 0) / 1_000).toFixed(1)} s; it gets nothing new`;
  if (outcome?.result === 'deadline')
    return `${address} gets nothing new; ${outcome.inflight ?? 0} in flight had not finished by the deadline`;
  return `${address} was brought back into use meanwhile`;
}

export async function undrain(service: string, address: string): Promise<string> {
  await act(service, `endpoints/${encodeURIComponent(address)}/undrain`);
  return `${address} is in use again`;
}
