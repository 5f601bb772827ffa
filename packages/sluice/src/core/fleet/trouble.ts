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
  /** Who runs it: what deploys by itself has remedies of its own. */
  readonly runner: 'process' | 'container' | 'kubernetes' | 'aws-asg';
}

interface Remedies {
  readonly correct: string;
  /** Where its last lines are. */
  readonly logs: string;
  /** How the version before comes back. */
  readonly before: string;
  readonly listen: string;
  /** What bounds its memory. */
  readonly memory: string;
}

type Sentence = (instance: string, service: string, detail: string, remedies: Remedies) => string;

function remediesOf({ service, runner }: TroubleSubject): Remedies {
  switch (runner) {
    case 'process':
    case 'container':
      return {
        correct: `Correct \`run\` of service "${service}", then \`sluice deploy ${service}\` or reload`,
        logs: `\`sluice logs ${service}\``,
        before: `\`sluice rollback ${service}\``,
        listen: 'on $PORT',
        memory: `\`resources.memory\` of service "${service}"`,
      };
    case 'kubernetes':
      return {
        correct: `Correct the workload that service "${service}" names (\`kubectl describe\` says more, \`kubectl apply\` deploys), or \`run\` and reload`,
        logs: '`kubectl logs`',
        before: '`kubectl rollout undo`',
        listen: 'on the port of its Service',
        memory: 'the memory limit of its container',
      };
    case 'aws-asg':
      return {
        correct: `Correct the group that service "${service}" names (\`aws autoscaling describe-scaling-activities\` says more, \`start-instance-refresh\` deploys), or \`run\` and reload`,
        logs: '`aws ec2 get-console-output`',
        before: '`aws autoscaling rollback-instance-refresh`',
        listen: `on \`run.autoScalingGroup.port\` of service "${service}"`,
        memory: 'the size of its machine',
      };
  }
}

const SENTENCES: Readonly<Record<InstanceTrouble, Sentence>> = {
  unstartable: (instance, _service, detail, { correct }) => `${instance} cannot be started: ${detail}. ${correct}.`,
  exited: (instance, _service, detail, { logs }) => `${instance} ended by itself: ${detail}. Its last lines: ${logs}.`,
  'crash-loop': (instance, _service, detail, { logs, before }) =>
    `${instance} keeps ending: ${detail}. Its last lines: ${logs}; the version before: ${before}.`,
  'never-ready': (instance, service, detail, { logs, listen }) =>
    `${instance} does not get ready: ${detail}. See that it listens ${listen} and answers its probe; give \`ready.within\` of service "${service}" more time where its start takes longer. Its last lines: ${logs}.`,
  unready: (instance, _service, detail, { logs }) =>
    `${instance} does not answer any more: ${detail}. It may be overloaded or hang: ${logs}; where its probe is only slow, raise \`ready.timeout\`.`,
  'ignores-sigterm': (instance, service, detail) =>
    `${instance} does not end after SIGTERM: ${detail}. Have the program close its server on SIGTERM, or give \`stop\` of service "${service}" more time.`,
  'out-of-memory': (instance, _service, detail, { logs, memory }) =>
    `${instance} needed more memory than it may have: ${detail}. Raise ${memory}, or find what it holds: ${logs}.`,
  'engine-away': (instance, service, detail) =>
    `${instance} waits for whoever starts it: ${detail}. See that the engine of service "${service}" runs and that Sluice may use it; what runs already goes on.`,
};

/** The sentence, remedy included. */
export function troubleSentence(trouble: NonNullable<InstanceView['trouble']>, subject: TroubleSubject): string {
  return SENTENCES[trouble.kind](subject.instance, subject.service, trouble.detail, remediesOf(subject));
}
