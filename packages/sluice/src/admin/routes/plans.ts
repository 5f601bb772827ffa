/** The configuration that runs, without secrets, those that ran before, and the way back. */
import { z } from '@hono/zod-openapi';
import type { PlanRecord } from '../../observe/plan-record.ts';
import { wholeNumber } from '../members.ts';
import { operation, type Operation } from '../operation.ts';
import { page, PAGE_QUERY, pageOf } from '../page.ts';
import { type AdminReply, json, problem } from '../problem.ts';
import { reloaded } from '../schemas/answers.ts';
import { plan } from '../schemas/observing.ts';
import { taggedPlan } from '../tagged.ts';

const GENERATIONS_MAX = Number.MAX_SAFE_INTEGER;
const GENERATION = wholeNumber(0, GENERATIONS_MAX);
const DIGITS = 16;
const whole = z.object({ generation: z.number(), plan: z.unknown() }).openapi('Plan');

export const PLANS: readonly Operation[] = [
  operation({
    method: 'get',
    path: '/api/plan',
    summary: 'The configuration that runs, as it was compiled, without secrets.',
    scope: 'read',
    answers: '`generation`, `plan`; the ETag is what `If-Match` of `reload` and plan rollbacks takes',
    reply: whole,
    hasTag: true,
    handle: ({ backend }) => json(200, taggedPlan(backend)),
  }),
  operation({
    method: 'get',
    path: '/api/plans',
    summary: 'Configurations that ran.',
    scope: 'read',
    query: PAGE_QUERY,
    answers: '`items`, the youngest first: who asked, what differed; `next` for `cursor`, or null',
    reply: pageOf(plan),
    handle: ({ backend }, { query }) => json(200, page(backend.observe.plans.history(), youngestFirst, query)),
  }),
  operation({
    method: 'get',
    path: '/api/plans/{generation}',
    summary: 'One of them, without secrets.',
    scope: 'read',
    params: { generation: GENERATION },
    answers: '`generation`, `plan`',
    reply: whole,
    handle: ({ backend }, { params: { generation } }) => {
      const kept = backend.observe.plans.get(generation);
      return kept === null || kept === undefined
        ? noPlan(generation, backend.observe.plans.history())
        : json(200, { generation, plan: kept });
    },
  }),
  operation({
    method: 'get',
    path: '/api/plans/{generation}/diff',
    summary: 'What differs from another one.',
    scope: 'read',
    params: { generation: GENERATION },
    query: { from: GENERATION },
    queryExample: '?from=1',
    answers: '`changes` in words, and the JSON lines that differ (unified diff)',
    reply: z.object({ changes: z.array(z.string()), diff: z.string() }).openapi('PlanDiff'),
    handle: ({ backend }, { params: { generation }, query: { from } }) => {
      const { plans } = backend.observe;
      const differing = plans.diff(from, generation);
      if (differing !== null) return json(200, differing);
      return noPlan(plans.get(generation) === null ? generation : from, plans.history());
    },
  }),
  operation({
    method: 'post',
    path: '/api/plans/{generation}/rollback',
    summary: 'Brings a configuration back, as a new generation, until the next reload.',
    scope: 'admin',
    isForOwner: true,
    action: 'plan-rollback',
    matches: 'plan',
    target: ({ params }) => `plan/${params.generation}`,
    params: { generation: GENERATION },
    answers: 'when every worker runs it; 422 has every fault, and the present one runs on',
    reply: reloaded,
    handle: async ({ backend }, { params: { generation }, caller, changed }) => {
      const { plans } = backend.observe;
      const before = backend.status().generation;
      const result = await plans.rollback(generation, `api:${caller.name}`);
      if (result === 'unknown') return noPlan(generation, plans.history());
      if (!result.ok) return problem(422, 'that configuration cannot run any more; the present one runs on', { faults: result.faults });
      changed({ generation: before }, { generation: result.generation, of: generation });
      return json(200, result);
    },
  }),
];

function youngestFirst({ generation }: PlanRecord): string {
  return String(GENERATIONS_MAX - generation).padStart(DIGITS, '0');
}

function noPlan(generation: number, history: readonly PlanRecord[]): AdminReply {
  const kept = history.filter(({ isKept }) => isKept).map((one) => one.generation);
  return problem(404, `generation ${generation} is not kept; kept are: ${kept.join(', ') || 'none'}`, { known: kept });
}
