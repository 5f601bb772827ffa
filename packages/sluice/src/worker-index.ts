/** The library as a worker has it: every name of `index.ts`, but what needs the schema is for other processes and says so. */
export * from './filters.ts';

export function configJsonSchema(): never {
  throw notHere('configJsonSchema');
}

export function loadPlan(): Promise<never> {
  return Promise.reject(notHere('loadPlan'));
}

export function planFrom(): Promise<never> {
  return Promise.reject(notHere('planFrom'));
}

function notHere(name: string): Error {
  return new Error(`${name}() is not available in a gateway's worker: a filter cannot load configurations`);
}
