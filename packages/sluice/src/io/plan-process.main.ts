/**
 * The configuration process: loads, validates and compiles what it is asked for, and ends with who asks. Here, and not in the gateway's process, live
 * the schema and the parsers; and a configuration module, which is code, may do here what it likes.
 */
import { firstLine } from '../config/fault.ts';
import type { RoutePlan } from '../config/plan.ts';
import { packRoutes } from '../config/route-message.ts';
import { flushCompileCache, useCompileCache } from './compile-cache.ts';
import type { PlanResult } from './load-plan.ts';
import type { FromPlanProcess, PackedResult, PlanQuestion } from './plan-process-protocol.ts';

useCompileCache();
/** Begun at once, so that it is there when the first question comes. */
const loader = import('./load-plan.ts');

/** The routes of the last answer, which the asker has, too. */
let last: { readonly id: number; readonly routes: readonly RoutePlan[] } = { id: 0, routes: [] };
let asked = 0;

const say = (message: FromPlanProcess): void => void process.send?.(message);

async function answer(question: PlanQuestion): Promise<void> {
  asked = question.id;
  const { source, options } = question;
  const { loadPlan, planFrom } = await loader;
  const result = source.kind === 'value' ? await planFrom(source.value, options) : await loadPlan(source.path ?? undefined, options);
  say({ type: 'answer', id: question.id, result: pack(result, question) });
  // Now nobody waits; and this process may be ended without a word.
  flushCompileCache();
}

function pack(result: PlanResult, { id, base }: PlanQuestion): PackedResult {
  if (!result.ok) return result;
  const { routes, ...plan } = result.plan;
  const packed = packRoutes(routes, base === last.id ? last.routes : []);
  last = { id, routes };
  return { ...result, plan, routes: packed };
}

/** What a module leaves to fail later. Said without the line of source that Node would show: it may hold a secret. */
function failed(error: unknown): void {
  const message = `the configuration could not be loaded: ${firstLine(error)}`;
  process.send?.({ type: 'answer', id: asked, result: { ok: false, path: null, faults: [{ path: '', message, suggestion: null }] } }, () =>
    process.exit(1),
  );
}

process.on('message', (question) => void answer(question as PlanQuestion));
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', failed);
// What a terminal or an init system sends to everybody is for the gateway, which ends us.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
say({ type: 'ready' });
