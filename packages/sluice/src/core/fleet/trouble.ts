/**
 * What people are told of an instance that is not as it should be: which one, what happened (value and limit stand in the detail), and what to do.
 * One sentence per `InstanceTrouble`.
 */
import type { InstanceTrouble, InstanceView } from './instance-view.ts';

/** Whose trouble it is. */
export interface TroubleSubject {
  /** `users.3`. */
  readonly instance: string;
  readonly service: string;
}

type Sentence = (instance: string, service: string, detail: string) => string;

const SENTENCES: Readonly<Record<InstanceTrouble, Sentence>> = {
  unstartable: (instance, service, detail) =>
    `${instance} cannot be started: ${detail}. Correct \`run\` of service "${service}", then \`sluice deploy ${service}\` or reload.`,
  exited: (instance, service, detail) => `${instance} ended by itself: ${detail}. Its last lines: \`sluice logs ${service}\`.`,
  'crash-loop': (instance, service, detail) =>
    `${instance} keeps ending: ${detail}. Its last lines: \`sluice logs ${service}\`; the version before: \`sluice rollback ${service}\`.`,
  'never-ready': (instance, service, detail) =>
    `${instance} does not get ready: ${detail}. See that it listens on $PORT and answers its probe; give \`ready.within\` of service "${service}" more time where its start takes longer. Its last lines: \`sluice logs ${service}\`.`,
  unready: (instance, service, detail) =>
    `${instance} does not answer any more: ${detail}. It may be overloaded or hang: \`sluice logs ${service}\`; where its probe is only slow, raise \`ready.timeout\`.`,
  'ignores-sigterm': (instance, service, detail) =>
    `${instance} does not end after SIGTERM: ${detail}. Have the program close its server on SIGTERM, or give \`stop\` of service "${service}" more time.`,
  'out-of-memory': (instance, service, detail) =>
    `${instance} needed more memory than it may have: ${detail}. Raise \`resources.memory\` of service "${service}", or find what it holds: \`sluice logs ${service}\`.`,
  'engine-away': (instance, service, detail) =>
    `${instance} waits for whoever starts it: ${detail}. See that the engine of service "${service}" runs and that Sluice may use it; what runs already goes on.`,
};

/** The sentence, remedy included. */
export function troubleSentence(trouble: NonNullable<InstanceView['trouble']>, { instance, service }: TroubleSubject): string {
  return SENTENCES[trouble.kind](instance, service, trouble.detail);
}
