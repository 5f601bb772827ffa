/** The proxies of a row that speaks more than HTTP/1.1 in the clear: started, tried once, and left out with a word when they fail. */
import type { Origin } from '../origin.ts';
import type { Protocol, Subject, SubjectKind } from '../peers/subject.ts';
import type { RowContext } from './row.ts';

export interface SubjectsWanted {
  readonly row: string;
  readonly protocol: Protocol;
  readonly origin: Origin;
  /** One short load, which also warms up. @returns Failures; null when nothing got through. */
  tryOut(subject: Subject): Promise<number | null>;
}

/** Those that are set up for the protocol and carry it without a failure. */
export async function startSubjects(context: RowContext, wanted: SubjectsWanted): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const kind of context.kinds) {
    if (kind.protocols?.includes(wanted.protocol) !== true) continue;
    const fault = await startOne(kind, wanted, subjects);
    if (fault !== null) context.log(`${wanted.row} ${kind.name} is left out: ${fault}`);
  }
  return subjects;
}

/** Adds it to `started`, or says why not. */
async function startOne(kind: SubjectKind, wanted: SubjectsWanted, started: Subject[]): Promise<string | null> {
  let subject: Subject | undefined;
  try {
    subject = await kind.start({ origin: wanted.origin, upstream: 'tcp', workers: 1, protocol: wanted.protocol });
    const failures = await wanted.tryOut(subject);
    if (failures === 0) {
      started.push(subject);
      return null;
    }
    await subject.started.stop();
    return failures === null ? 'nothing got through when it was tried out' : `${failures} failures when it was tried out`;
  } catch (error) {
    await subject?.started.stop();
    return String(error).slice(0, 500);
  }
}

/** Loads the subjects in turns, round after round, so that a slow minute of the machine hits all alike. */
export async function inTurns<Figures>(
  context: RowContext,
  row: string,
  subjects: readonly Subject[],
  load: (subject: Subject, seconds: number) => Promise<Figures>,
): Promise<Map<Subject, Figures[]>> {
  const all = new Map<Subject, Figures[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < context.rounds; round++) {
    for (const subject of subjects) {
      const figures = await load(subject, context.seconds);
      all.get(subject)?.push(figures);
      context.log(`${row} ${round + 1}/${context.rounds} ${subject.name}: ${JSON.stringify(figures)}`);
    }
  }
  return all;
}
