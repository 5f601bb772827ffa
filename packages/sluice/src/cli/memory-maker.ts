/** Makes the memory that workers share for filters. Loaded with the first plan that asks for some. */
import type { MemoryPlan } from '../config/memory-plan.ts';

/** Memory as a plan asks for it, formatted and empty. */
export async function makeMemory(plan: MemoryPlan): Promise<SharedArrayBuffer> {
  throw new Error(`no memory of kind ${plan.kind}`);
}
