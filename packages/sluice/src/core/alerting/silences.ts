/** What nobody wants to hear of for a while: labels (and `rule`) that an alert must have, and when it ends. At most `SILENCES_MAX`. */
import { type LabelMatch, labelMatch } from './label-match.ts';
import type { Labels } from './labels.ts';

export const SILENCES_MAX = 200;
const MATCHES_MAX = 20;

/** What was asked for cannot be a silence; the message says why, and what can. */
export class SilenceRefusal extends Error {
  override readonly name = 'SilenceRefusal';
}

export interface Silence {
  readonly id: string;
  readonly match: Labels;
  /** Wall-clock ms. */
  readonly until: number;
  readonly by: string;
  readonly comment: string;
}

export class Silences {
  readonly #silences = new Map<string, { readonly silence: Silence; readonly test: LabelMatch }>();

  /** @throws {SilenceRefusal} For an empty match, which would silence everything, an expression that does not compile, and above the limit. */
  add(silence: Silence, wall: number): void {
    const count = Object.keys(silence.match).length;
    if (count === 0) throw new SilenceRefusal("a silence needs at least one label, such as { rule: 'certificate-expiry' }");
    if (count > MATCHES_MAX) throw new SilenceRefusal(`a silence has at most ${MATCHES_MAX} labels, got ${count}`);
    const test = matchOf(silence.match);
    this.list(wall);
    if (this.#silences.size >= SILENCES_MAX)
      throw new SilenceRefusal(`there are ${SILENCES_MAX} silences, which is the limit: end one first`);
    this.#silences.set(silence.id, { silence, test });
  }

  /** @returns False: there is none. */
  remove(id: string): boolean {
    return this.#silences.delete(id);
  }

  /** The first one that an alert falls under; null: none. */
  covers(rule: string, labels: Labels, wall: number): Silence | null {
    if (this.#silences.size === 0) return null;
    const all = { ...labels, rule };
    for (const { silence, test } of this.#silences.values()) if (silence.until > wall && test(all)) return silence;
    return null;
  }

  /** Those that have not ended; the others are forgotten. */
  list(wall: number): readonly Silence[] {
    for (const [id, { silence }] of this.#silences) if (silence.until <= wall) this.#silences.delete(id);
    return [...this.#silences.values()].map(({ silence }) => silence);
  }
}

function matchOf(match: Labels): LabelMatch {
  try {
    return labelMatch(match);
  } catch (error) {
    throw new SilenceRefusal(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
