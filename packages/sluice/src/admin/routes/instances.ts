/** Instances: how many there are, why, which version, and what they print. */
import { z } from '@hono/zod-openapi';
import type { AdminBackend } from '../backend.ts';
import type { FleetResult, LogLine } from '../fleet-backend.ts';
import { choice, count, duration, flag, must, switched, text, textMap, texts } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { type AdminReply, json, problem } from '../problem.ts';
import { decision } from '../schemas/decision.ts';
import { fleetResult, fleetService, logLine } from '../schemas/fleet.ts';
import { NAME } from './services.ts';

const INSTANCES_MAX = 1_000;
const PAUSE_MAX = '1h';
const DECISIONS_MAX = 500;
const LINES_MAX = 1_000;
export const LINES_TYPE = 'application/x-ndjson';
const UNDER_WAY = 'what is under way, in words: `GET /api/fleet` shows how far it is; 409 says what stands against it';
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const VERSION_MUST = "a name of at most 63 letters, digits, '-', '_' and '.', starting with a letter or digit";
const instances = must(z.union([z.int().min(0).max(INSTANCES_MAX), z.literal('auto')]), `a whole number 0..${INSTANCES_MAX} or "auto"`);

export const INSTANCES: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/fleet',
    summary: 'Instances that Sluice runs, by service.',
    scope: 'read',
    answers: '`services`: numbers, versions, deploys, instances with their load, and the last decision',
    reply: z.object({ services: z.array(fleetService) }),
    handle: ({ backend }) => json(200, { services: backend.fleet.status() }),
  }),
  operation({
    method: 'get',
    path: '/api/services/{name}/decisions',
    summary: 'Why a service has as many instances as it has.',
    scope: 'read',
    params: { name: NAME },
    query: {
      limit: count(1, DECISIONS_MAX, 20),
      changes: switched().openapi({ description: 'The last one of all, and then only those that changed the number.' }),
    },
    answers:
      '`decisions`, the youngest first: inputs, the answer of each policy, the bounds that applied, the action, the victims and their rivals',
    reply: z.object({ decisions: z.array(decision) }),
    handle: ({ backend }, { params: { name }, query: { limit, changes } }) => {
      const answer = backend.fleet.decisions(name, limit, changes);
      return 'decisions' in answer ? json(200, { decisions: answer.decisions }) : resultReply(answer);
    },
  }),
  operation({
    method: 'get',
    path: '/api/services/{name}/logs',
    summary: 'What the instances of a service print.',
    scope: 'read',
    isStream: true,
    params: { name: NAME },
    query: {
      instance: text(256).optional().openapi({ description: 'Only this one.' }),
      lines: count(0, LINES_MAX, 100),
      follow: switched().openapi({ description: 'Then each new line, until the client goes.' }),
    },
    answers: 'a JSON object in each line',
    type: LINES_TYPE,
    reply: logLine,
    handle: ({ backend }, { params: { name }, query: { instance = null, lines, follow }, signal }) => {
      const answer = backend.fleet.logs(name, { instance, lines, follow, signal });
      return 'result' in answer ? resultReply(answer) : { status: 200, type: LINES_TYPE, body: '', lines: jsonLines(answer) };
    },
  }),
  operation({
    method: 'post',
    path: '/api/services/{name}/scale',
    summary: 'Fixes the number of instances, or leaves it to the policies again.',
    scope: 'operate',
    action: 'scale',
    matches: 'service',
    target: ({ params }) => `service/${params.name}`,
    params: { name: NAME },
    body: { instances },
    example: '{"instances":3}',
    answers: UNDER_WAY,
    reply: fleetResult,
    handle: ({ backend }, { params: { name }, body, changed }) => {
      const before = fleetOf(backend, name);
      changed({ instances: before?.manual ?? 'auto', wanted: before?.wanted ?? null }, { instances: body.instances });
      return resultReply(backend.fleet.scale(name, body.instances));
    },
  }),
  operation({
    method: 'post',
    path: '/api/services/{name}/deploy',
    summary: 'Puts another version in the place of the one that runs.',
    scope: 'admin',
    isForOwner: true,
    action: 'deploy',
    matches: 'service',
    target: ({ params }) => `service/${params.name}`,
    params: { name: NAME },
    body: {
      command: texts(1_000, 65_536).exactOptional(),
      image: text(1_024).exactOptional(),
      env: textMap(1_000, 131_072).exactOptional(),
      version: text(63, VERSION, VERSION_MUST).exactOptional(),
      strategy: choice(['rolling', 'canary', 'blue-green']).exactOptional(),
    },
    example: '{"command":["node","server.js"]}',
    answers: UNDER_WAY,
    reply: fleetResult,
    handle: ({ backend }, { params: { name }, body, changed }) => {
      // Commands and environments hold secrets: the audit log has what was given, not its text.
      changed({ version: fleetOf(backend, name)?.version ?? null }, { version: body.version ?? null, given: Object.keys(body) });
      return resultReply(backend.fleet.deploy(name, body));
    },
  }),
  plain('rollback', 'Brings the version back that ran before the deploy.', (backend, service) => backend.fleet.rollback(service)),
  plain('promote', 'Lets a deploy that waits go on to its next step.', (backend, service) => backend.fleet.promote(service)),
  plain('hold', 'Stops a deploy where it is.', (backend, service) => backend.fleet.holdDeploy(service)),
  plain('continue', 'Lets a deploy go on that was stopped.', (backend, service) => backend.fleet.continueDeploy(service)),
  operation({
    method: 'post',
    path: '/api/services/{name}/pause',
    summary: 'Holds requests back: they wait until `resume`, or the deadline.',
    scope: 'operate',
    action: 'pause',
    matches: 'service',
    target: ({ params }) => `service/${params.name}`,
    params: { name: NAME },
    body: { deadline: duration(PAUSE_MAX).optional() },
    example: '{"deadline":"10s"}',
    answers: UNDER_WAY,
    reply: fleetResult,
    handle: ({ backend }, { params: { name }, body: { deadline = null }, changed }) => {
      changed({ isPaused: fleetOf(backend, name)?.isPaused ?? null }, { isPaused: true, deadlineMs: deadline });
      return resultReply(backend.fleet.pause(name, deadline));
    },
  }),
  plain('resume', 'Lets requests go on that are held back.', (backend, service) => backend.fleet.resume(service)),
  operation({
    method: 'post',
    path: '/api/services/{name}/instances/{id}/protect',
    summary: 'Keeps an instance from being taken away by scaling, or no longer.',
    scope: 'operate',
    action: 'protect',
    matches: 'service',
    target: ({ params }) => `service/${params.name}/instance/${params.id}`,
    params: { name: NAME, id: NAME },
    body: { protected: flag().default(true) },
    example: '{"protected":true}',
    answers: UNDER_WAY,
    reply: fleetResult,
    handle: ({ backend }, { params: { name, id }, body, changed }) => {
      const before = fleetOf(backend, name)?.instances.find((one) => one.id === id)?.isProtected ?? null;
      changed({ protected: before }, { protected: body.protected });
      return resultReply(backend.fleet.protect(name, id, body.protected));
    },
  }),
];

/** A request without members. */
function plain(verb: string, summary: string, ask: (backend: AdminBackend, service: string) => FleetResult): Operation {
  return operation({
    method: 'post',
    path: `/api/services/{name}/${verb}`,
    summary,
    scope: 'operate',
    action: verb,
    matches: 'service',
    target: ({ params }) => `service/${params.name}`,
    params: { name: NAME },
    answers: UNDER_WAY,
    reply: fleetResult,
    handle: ({ backend }, { params: { name }, changed }) => {
      const before = standOf(backend, name);
      const result = ask(backend, name);
      changed(before, standOf(backend, name));
      return resultReply(result);
    },
  });
}

function fleetOf(backend: AdminBackend, name: string): ReturnType<AdminBackend['fleet']['status']>[number] | undefined {
  return backend.fleet.status().find(({ service }) => service === name);
}

/** What these requests change. */
function standOf(backend: AdminBackend, name: string): object | null {
  const service = fleetOf(backend, name);
  if (service === undefined) return null;
  const { version, isPaused, deploy } = service;
  return { version, isPaused, deploy: deploy === null ? null : { to: deploy.to, phase: deploy.phase, share: deploy.share } };
}

function resultReply(result: FleetResult): AdminReply {
  switch (result.result) {
    case 'ok':
      return json(200, result);
    case 'unknown':
      return problem(404, result.problem);
    case 'refused':
      return problem(409, result.problem);
  }
}

async function* jsonLines(lines: AsyncIterable<LogLine>): AsyncIterable<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
