/** One of a few by weight: the services of a route or of a layer 4 target (canary). */
import type { Random } from '../../base/random.ts';

export class WeightedChoice<Item> {
  readonly items: readonly Item[];
  /** Rising sums of the weights, same order; the last is the total. */
  private readonly bounds: Float64Array;

  /** @param choices At least one is needed to draw; weights are positive and relative. */
  constructor(choices: readonly (readonly [item: Item, weight: number])[]) {
    this.items = choices.map(([item]) => item);
    this.bounds = new Float64Array(choices.length);
    let sum = 0;
    choices.forEach(([, weight], index) => (this.bounds[index] = sum += weight));
  }

  draw(random: Random): Item {
    const last = this.items.length - 1;
    if (last === 0) return this.items[0]!;
    const point = random() * this.bounds[last]!;
    let index = 0;
    while (index < last && point >= this.bounds[index]!) index++;
    return this.items[index]!;
  }
}
