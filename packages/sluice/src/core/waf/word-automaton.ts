/**
 * Finds all words of a list in a text in one pass (Aho and Corasick, 1975): what decides which expressions are worth their time. Letters of both cases are the same. About 2 ns per character
 * while nothing is found; states × symbols × 2 bytes of memory (some 4,000 states of 60 symbols: half a MiB, once per worker).
 */
import { assert } from '../../base/assert.ts';

export class WordAutomaton {
  /** Symbol of a character; 0: stands in no word. */
  readonly symbols: Uint8Array = new Uint8Array(128);
  /** Next state: `next[state * width + symbol]`. */
  readonly next: Uint16Array;
  readonly width: number;
  /** First of a state's entries in `words`, +1; 0: no word ends here. */
  readonly ends: Int32Array;
  /** Chains of words that end in a state: word, next entry (+1), … */
  readonly chain: Int32Array;

  constructor(words: readonly string[]) {
    this.width = this.nameSymbols(words);
    const nodes = [new Map<number, number>()];
    const own: number[][] = [[]];
    words.forEach((word, index) => {
      let state = 0;
      for (let at = 0; at < word.length; at++) {
        const symbol = this.symbols[word.charCodeAt(at)]!;
        let child = nodes[state]!.get(symbol);
        if (child === undefined) {
          child = nodes.length;
          nodes.push(new Map());
          own.push([]);
          nodes[state]!.set(symbol, child);
        }
        state = child;
      }
      own[state]!.push(index);
    });
    assert(nodes.length < 65_536, 'words have fewer than 65536 states');
    this.next = new Uint16Array(nodes.length * this.width);
    this.ends = new Int32Array(nodes.length);
    this.chain = this.link(nodes, own);
  }

  private nameSymbols(words: readonly string[]): number {
    let width = 1;
    for (const word of words) {
      for (let at = 0; at < word.length; at++) {
        const code = word.charCodeAt(at);
        assert(code < 128 && !(code >= 65 && code <= 90), `a word is lower-case ASCII: ${JSON.stringify(word)}`);
        if (this.symbols[code] === 0) this.symbols[code] = width++;
      }
    }
    for (let code = 65; code <= 90; code++) this.symbols[code] = this.symbols[code + 32]!;
    return width;
  }

  /** Breadth first: where a state has no child, it goes where its longest proper suffix would. */
  private link(nodes: readonly Map<number, number>[], own: readonly number[][]): Int32Array {
    const { next, width, ends } = this;
    const fallback = new Uint16Array(nodes.length);
    const chain: number[] = [];
    const queue = [0];
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head]!;
      const suffix = fallback[state]!;
      ends[state] = state === 0 ? 0 : ends[suffix]!;
      for (const word of own[state]!) {
        chain.push(word, ends[state]);
        ends[state] = chain.length - 1;
      }
      for (let symbol = 0; symbol < width; symbol++) {
        const child = nodes[state]!.get(symbol);
        const other = state === 0 ? 0 : next[suffix * width + symbol]!;
        next[state * width + symbol] = child ?? other;
        if (child === undefined) continue;
        fallback[child] = other;
        queue.push(child);
      }
    }
    return Int32Array.from(chain);
  }
}
