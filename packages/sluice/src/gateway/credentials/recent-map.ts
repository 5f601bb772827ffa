/**
 * What was found out lately, by a text: at most `countMax` entries and `weightMax` altogether per generation, two generations. An entry that is used stays; the others go with the older
 * generation when the younger is full. About what an LRU list keeps, at the price of one look-up: nothing is moved while an entry is young.
 */
export class RecentMap<Value> {
  private readonly countMax: number;
  private readonly weightMax: number;
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();
  private weight = 0;

  /** @param weightMax In characters of the keys. */
  constructor(countMax: number, weightMax: number) {
    this.countMax = countMax;
    this.weightMax = weightMax;
  }

  get(key: string): Value | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const kept = this.old.get(key);
    if (kept === undefined) return undefined;
    this.old.delete(key);
    this.set(key, kept);
    return kept;
  }

  set(key: string, value: Value): void {
    if (this.young.size >= this.countMax || this.weight + key.length > this.weightMax) {
      this.old = this.young;
      this.young = new Map();
      this.weight = 0;
    }
    if (!this.young.has(key)) this.weight += key.length;
    this.young.set(key, value);
  }

  delete(key: string): void {
    if (this.young.delete(key)) this.weight -= key.length;
    this.old.delete(key);
  }

  get size(): number {
    return this.young.size + this.old.size;
  }
}
