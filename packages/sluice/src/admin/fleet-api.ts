/** The admin API's part about instances: how many there are, why, which version, and what they print. */
import type { Endpoint } from './endpoint.ts';
import type { FleetResult, LogLine } from './fleet-backend.ts';
import {
  choiceMember,
  durationMember,
  flagMember,
  type MemberReader,
  readMembers,
  textMapMember,
  textMember,
  textsMember,
} from './json-body.ts';
import { type AdminReply, json, problem } from './problem.ts';

const INSTANCES_MAX = 1_000;
const PAUSE_MAX = '1h';
const DECISIONS_MAX = 500;
const LINES_MAX = 1_000;
const LINES = 100;
export const LINES_TYPE = 'application/x-ndjson';

const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const VERSION_MUST = "a name of at most 63 letters, digits, '-', '_' and '.', starting with a letter or digit";

const instancesMember: MemberReader<number | 'auto'> = (value) => {
  const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= INSTANCES_MAX;
  return isCount || value === 'auto' ? { ok: true, value } : { ok: false, must: `a whole number 0..${INSTANCES_MAX} or "auto"` };
};

const DEPLOY = {
  command: textsMember(1_000, 65_536),
  image: textMember(1_024),
  env: textMapMember(1_000, 131_072),
  version: textMember(63, VERSION, VERSION_MUST),
  strategy: choiceMember(['rolling', 'canary', 'blue-green']),
};

const text = { type: 'string' } as const;
const none = { type: 'object', properties: {}, additionalProperties: false } as const;
const UNDER_WAY = 'what is under way, in words: `result`, `detail`; 409 says what stands against it';

/** In the order of the reference page. */
export const FLEET_API: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/fleet',
    summary: 'Instances that Sluice runs, by service.',
    answers: '`services`: numbers, versions, deploys, instances with their load, and the last decision',
    handle: (backend) => json(200, { services: backend.fleet.status() }),
  },
  {
    method: 'GET',
    path: '/api/services/NAME/decisions',
    summary: 'Why a service has as many instances as it has.',
    query: {
      limit: `How many, 1..${DECISIONS_MAX}; without it, 20.`,
      changes: '`true`: the last one of all, and then only those that changed the number.',
    },
    answers:
      '`decisions`, the youngest first: inputs, the answer of each policy, the bounds that applied, the action, the victims and their rivals',
    handle: (backend, { parameters, query }) => {
      const limit = readCount(query.get('limit') ?? '20', DECISIONS_MAX);
      if (limit === null) return problem(400, `limit must be a whole number 1..${DECISIONS_MAX}, got "${query.get('limit')}"`);
      const answer = backend.fleet.decisions(parameters[0]!, limit, query.get('changes') === 'true');
      return 'decisions' in answer ? json(200, { decisions: answer.decisions }) : resultReply(answer);
    },
  },
  {
    method: 'GET',
    path: '/api/services/NAME/logs',
    summary: 'What the instances of a service print.',
    query: {
      instance: 'Only this one.',
      lines: `How many of the last lines, 0..${LINES_MAX}; without it, ${LINES}.`,
      follow: '`true`: then each new line, until the client goes.',
    },
    answers: 'a JSON object in each line: `instance`, `stream`, `at` (Unix milliseconds), `text`',
    type: LINES_TYPE,
    handle: (backend, { parameters, query, signal }) => {
      const lines = query.get('lines') === '0' ? 0 : readCount(query.get('lines') ?? String(LINES), LINES_MAX);
      if (lines === null) return problem(400, `lines must be a whole number 0..${LINES_MAX}, got "${query.get('lines')}"`);
      const follow = query.get('follow') === 'true';
      const answer = backend.fleet.logs(parameters[0]!, { instance: query.get('instance'), lines, follow, signal });
      return 'result' in answer ? resultReply(answer) : { status: 200, type: LINES_TYPE, body: '', lines: jsonLines(answer) };
    },
  },
  {
    method: 'POST',
    path: '/api/services/NAME/scale',
    summary: 'Fixes the number of instances, or leaves it to the policies again.',
    body: {
      type: 'object',
      properties: { instances: { oneOf: [{ type: 'integer', minimum: 0, maximum: INSTANCES_MAX }, { const: 'auto' }] } },
      required: ['instances'],
      additionalProperties: false,
    },
    answers: UNDER_WAY,
    handle: (backend, { parameters, body }) => {
      const members = readMembers(body, { instances: instancesMember }, '{"instances":3}');
      if (typeof members === 'string') return problem(400, members);
      if (members.instances === undefined) return problem(400, 'the body has no "instances", for example {"instances":3}');
      return resultReply(backend.fleet.scale(parameters[0]!, members.instances));
    },
  },
  {
    method: 'POST',
    path: '/api/services/NAME/deploy',
    summary: 'Puts another version in the place of the one that runs.',
    isForOwner: true,
    body: {
      type: 'object',
      properties: {
        command: { type: 'array', items: text, minItems: 1 },
        image: text,
        env: { type: 'object', additionalProperties: text },
        version: { type: 'string', pattern: VERSION.source },
        strategy: { enum: ['rolling', 'canary', 'blue-green'] },
      },
      additionalProperties: false,
    },
    answers: UNDER_WAY,
    handle: (backend, { parameters, body }) => {
      const members = readMembers(body, DEPLOY, '{"command":["node","server.js"]}');
      return typeof members === 'string' ? problem(400, members) : resultReply(backend.fleet.deploy(parameters[0]!, members));
    },
  },
  plain('rollback', 'Brings the version back that ran before the deploy.', (backend, service) => backend.fleet.rollback(service)),
  plain('promote', 'Lets a deploy that waits go on to its next step.', (backend, service) => backend.fleet.promote(service)),
  {
    method: 'POST',
    path: '/api/services/NAME/pause',
    summary: 'Holds requests back: they wait until `resume`, or the deadline.',
    body: { type: 'object', properties: { deadline: text }, additionalProperties: false },
    answers: UNDER_WAY,
    handle: (backend, { parameters, body }) => {
      const members = readMembers(body, { deadline: durationMember(PAUSE_MAX) }, '{"deadline":"10s"}');
      if (typeof members === 'string') return problem(400, members);
      return resultReply(backend.fleet.pause(parameters[0]!, members.deadline ?? null));
    },
  },
  plain('resume', 'Lets requests go on that are held back.', (backend, service) => backend.fleet.resume(service)),
  {
    method: 'POST',
    path: '/api/services/NAME/instances/ID/protect',
    summary: 'Keeps an instance from being taken away by scaling, or no longer.',
    body: { type: 'object', properties: { protected: { type: 'boolean' } }, additionalProperties: false },
    answers: UNDER_WAY,
    handle: (backend, { parameters, body }) => {
      const members = readMembers(body, { protected: flagMember() }, '{"protected":true}');
      if (typeof members === 'string') return problem(400, members);
      return resultReply(backend.fleet.protect(parameters[0]!, parameters[1]!, members.protected ?? true));
    },
  },
];

/** A request without members. */
function plain(verb: string, summary: string, ask: (backend: Parameters<Endpoint['handle']>[0], service: string) => FleetResult): Endpoint {
  return {
    method: 'POST',
    path: `/api/services/NAME/${verb}`,
    summary,
    body: none,
    answers: UNDER_WAY,
    handle: (backend, { parameters, body }) => {
      const members = readMembers(body, {}, '{}');
      return typeof members === 'string' ? problem(400, members) : resultReply(ask(backend, parameters[0]!));
    },
  };
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

function readCount(given: string, max: number): number | null {
  const count = /^\d{1,6}$/.test(given) ? Number(given) : NaN;
  return count >= 1 && count <= max ? count : null;
}

async function* jsonLines(lines: AsyncIterable<LogLine>): AsyncIterable<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
