/**
 * What requests showed of the two versions of a rollout since its step began: the differences of each instance's cumulative figures, summed per version. An instance that
 * leaves takes nothing away, and a row of the tables that is given to another instance begins anew.
 */
import { BUCKET_COUNT } from '../../base/histogram.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import type { VersionFigures } from '../../core/fleet/rollout.ts';

export type ReadFigures = (address: string) => VersionFigures | null;

/** As `VersionFigures`, to be added to. */
interface Sum {
  requests: number;
  failures: number;
  readonly buckets: Float64Array;
}

export class RolloutFigures {
  readonly #read: ReadFigures;
  /** By instance, as read last. */
  readonly #last = new Map<string, VersionFigures>();
  #sums = new Map<string, Sum>();
  #epoch = -1;

  constructor(read: ReadFigures) {
    this.#read = read;
  }

  /** Reads all instances. @param epoch Of the rollout: another one counts from zero. */
  collect(instances: readonly InstanceView[], epoch: number): void {
    if (epoch !== this.#epoch) this.#sums = new Map();
    this.#epoch = epoch;
    for (const { id, version, address } of instances) {
      const figures = address === null ? null : this.#read(address);
      if (figures === null) continue;
      const last = this.#last.get(id);
      // Seen first: what it did before belongs to another step, or to its address's earlier owner.
      if (last !== undefined) this.#count(version, figures, last);
      this.#last.set(id, { ...figures, buckets: figures.buckets.slice() });
    }
    const there = new Set(instances.map(({ id }) => id));
    for (const id of this.#last.keys()) if (!there.has(id)) this.#last.delete(id);
  }

  of(version: string): VersionFigures {
    return this.#sums.get(version) ?? { requests: 0, failures: 0, buckets: new Float64Array(BUCKET_COUNT) };
  }

  #count(version: string, figures: VersionFigures, last: VersionFigures): void {
    let sum = this.#sums.get(version);
    if (sum === undefined) this.#sums.set(version, (sum = { requests: 0, failures: 0, buckets: new Float64Array(BUCKET_COUNT) }));
    const isAnew = figures.requests < last.requests;
    sum.requests += figures.requests - (isAnew ? 0 : last.requests);
    sum.failures += figures.failures - (isAnew ? 0 : last.failures);
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++)
      sum.buckets[bucket]! += figures.buckets[bucket]! - (isAnew ? 0 : last.buckets[bucket]!);
  }
}
