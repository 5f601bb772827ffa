/** A request's content as an engine is to see it: whole, or its beginning, out of whatever coding it came in. */
import type { WafBodyPlan } from '../../config/filters/waf-plan.ts';
import { waitForContent } from '../exchange/content-wait.ts';
import type { RequestPass } from '../filters/filter.ts';
import type { WorkerContext } from '../worker-context.ts';
import { decodeContent } from './decode-content.ts';

/** `gone`: nobody waits for a verdict any more. `large`: more than is looked at. `unknown`: in a coding that nobody can read here. */
export type WafContent = Buffer | 'gone' | 'large' | 'unknown';

/** Waits for it. `pass` must be held (`pass.wait`). */
export async function wafContent(pass: RequestPass, { bytesMax, large }: WafBodyPlan, worker: WorkerContext): Promise<WafContent> {
  const { exchange } = pass;
  const coding = exchange.contentDecoder === null ? (pass.view.header('content-encoding') ?? '') : '';
  let content = await waitForContent(exchange, bytesMax, worker);
  if (exchange.isOver || content === 'gone') return 'gone';
  if (content === 'large') {
    if (large === 'refuse' || coding !== '') return 'large';
    content = Buffer.concat(exchange.parts).subarray(0, bytesMax);
  }
  const decoded = await decodeContent(content, coding, bytesMax);
  return exchange.isOver ? 'gone' : decoded;
}
