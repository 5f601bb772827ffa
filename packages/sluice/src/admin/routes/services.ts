/** One service and its endpoints: what they are, and endpoints taken out of use and brought back. */
import type { AdminBackend, DrainResult, UndrainResult } from '../backend.ts';
import { duration, text } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { type AdminReply, json, problem } from '../problem.ts';
import { drained, undrained } from '../schemas/answers.ts';
import { endpoint, listedService } from '../schemas/status.ts';
import { taggedService } from '../tagged.ts';
import { unknownName } from '../unknown-name.ts';

/** Longer drains are refused: nobody waits for them on a connection. */
const DEADLINE_MAX = '24h';
export const NAME = text(256);
const ADDRESS = text(512).openapi({ description: 'Percent-encoded: `127.0.0.1%3A3001`, `unix%3A%2Frun%2Fapp.sock`.' });

export const SERVICES: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/services/{name}',
    summary: 'A service, its endpoints and instances.',
    scope: 'read',
    params: { name: NAME },
    answers: 'its state; the ETag is what `If-Match` of its changes takes',
    reply: listedService,
    hasTag: true,
    handle: ({ backend }, { params: { name } }) => {
      const service = taggedService(backend, name);
      return service === null ? noService(backend, name) : json(200, service);
    },
  }),
  operation({
    method: 'get',
    path: '/api/services/{name}/endpoints/{address}',
    summary: 'An endpoint of a service.',
    scope: 'read',
    params: { name: NAME, address: ADDRESS },
    answers: 'its state',
    reply: endpoint,
    handle: ({ backend }, { params: { name, address } }) => {
      const service = taggedService(backend, name);
      if (service === null) return noService(backend, name);
      const found = service.endpoints.find((one) => one.address === address);
      const known = service.endpoints.map((one) => one.address);
      return found === undefined ? unknownName(`endpoint of service "${name}"`, address, known) : json(200, found);
    },
  }),
  operation({
    method: 'post',
    path: '/api/services/{name}/endpoints/{address}/drain',
    summary: 'Gives an endpoint nothing new.',
    scope: 'operate',
    action: 'drain',
    matches: 'service',
    target: ({ params }) => `service/${params.name}/endpoint/${params.address}`,
    params: { name: NAME, address: ADDRESS },
    body: { deadline: duration(DEADLINE_MAX).optional() },
    example: '{"deadline":"30s"}',
    answers: 'when it has finished, or at the deadline; without one in the body, the `drainTimeout` of the service',
    reply: drained,
    handle: async ({ backend }, { params: { name, address }, body: { deadline = null }, changed }) => {
      const before = stateOf(backend, name, address);
      const result = await backend.drain(name, address, deadline);
      changed({ state: before }, { state: stateOf(backend, name, address) });
      return drainReply(result);
    },
  }),
  operation({
    method: 'post',
    path: '/api/services/{name}/endpoints/{address}/undrain',
    summary: 'Brings an endpoint back into use.',
    scope: 'operate',
    action: 'undrain',
    matches: 'service',
    target: ({ params }) => `service/${params.name}/endpoint/${params.address}`,
    params: { name: NAME, address: ADDRESS },
    answers: '`undrained`, or `not-drained`',
    reply: undrained,
    handle: ({ backend }, { params: { name, address }, changed }) => {
      const before = stateOf(backend, name, address);
      const result = backend.undrain(name, address);
      changed({ state: before }, { state: stateOf(backend, name, address) });
      return drainReply(result);
    },
  }),
];

function noService(backend: AdminBackend, name: string): AdminReply {
  return unknownName(
    'service',
    name,
    backend.status().services.map((one) => one.name),
  );
}

function drainReply(result: DrainResult | UndrainResult): AdminReply {
  return result.result === 'unknown' ? problem(404, result.problem) : json(200, result);
}

function stateOf(backend: AdminBackend, name: string, address: string): string | null {
  return taggedService(backend, name)?.endpoints.find((one) => one.address === address)?.state ?? null;
}
