/** Code of users. Its module is imported once per worker and version, before the plan runs; what it exports is called for each request (`custom/custom-run.ts`). */
import { CustomRun, type RunnableFilter } from '../custom/custom-run.ts';
import { CustomModule, moduleName } from '../custom/custom-module.ts';
import { tellStrayErrors } from '../custom/stray-errors.ts';
import type { FilterModule } from './filter.ts';

export const filter: FilterModule<'custom'> = {
  create({ source, name, options, timeoutMs }, context) {
    const module = context.shared.get(moduleName(source), () => new CustomModule(source));
    const { worker } = context;
    tellStrayErrors((reason, more) => worker.event('error', 'filter left an error', { reason, more }));
    const run: RunnableFilter = { name, call: module.find(source), options: options ?? {}, timeoutMs, context };
    return { onRequest: (pass) => new CustomRun(run, pass).start() };
  },

  async prepare({ source }, shared) {
    const module = shared.get(moduleName(source), () => new CustomModule(source));
    await module.load();
    module.find(source);
  },
};
