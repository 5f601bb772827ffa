/**
 * One nftables table as plain data, and the script that turns one state of it into another. `nft -f` applies a script as one transaction: all or nothing,
 * between two packets. Only what differs is written, so counters, the place in a round and other listeners' rules stay as they are.
 *
 * A packet that is on its way through the rules while a transaction ends reads the rules of before and, of maps, the elements of after (Linux `nft_do_chain` takes the generation once,
 * `nft_set_lookup` at each lookup). So what elements point to must have been there before (`withNewParts`), and rules must know what to do where a map has become smaller.
 */
import { assert } from '../../base/assert.ts';

export interface NftChain {
  /** Where the kernel enters it, as nft writes it; null for a chain that others go to. */
  readonly hook: string | null;
  readonly rules: readonly string[];
}

/** A set, or a map when its elements have values. */
export interface NftMap {
  /** `type …` or `typeof …`; never changes under one name. */
  readonly type: string;
  /** Values of a set's elements are ''. */
  readonly elements: ReadonlyMap<string, string>;
}

export interface NftTable {
  readonly counters: ReadonlySet<string>;
  readonly maps: ReadonlyMap<string, NftMap>;
  readonly chains: ReadonlyMap<string, NftChain>;
}

const EMPTY_TABLE: NftTable = { counters: new Set(), maps: new Map(), chains: new Map() };
const NO_ELEMENTS: ReadonlyMap<string, string> = new Map();

/** Deletes the table, whether it is there or not. */
export function deletionScript(table: string): string {
  return `add table inet ${checked(table)}\ndelete table inet ${table}\n`;
}

/** Replaces whatever stands under the table's name. Connections that it spread go on: they live in connection tracking, not in the table. */
export function replacementScript(table: string, to: NftTable): string {
  return `${deletionScript(table)}add table inet ${table}\n${changeScript(table, EMPTY_TABLE, to)}`;
}

/** The state between two: everything new is there, and nothing that runs refers to it yet. */
export function withNewParts(from: NftTable, to: NftTable): NftTable {
  const newChains = [...to.chains].filter(([name, { hook }]) => hook === null && !from.chains.has(name));
  const newMaps = [...to.maps].filter(([name]) => !from.maps.has(name));
  return {
    counters: new Set([...from.counters, ...to.counters]),
    maps: new Map([...from.maps, ...newMaps]),
    chains: new Map([...from.chains, ...newChains]),
  };
}

/** From one state to the next; '' when nothing differs. */
export function changeScript(table: string, from: NftTable, to: NftTable): string {
  checked(table);
  const script = new Script(table);
  // What is pointed to comes before what points to it, and goes after it.
  for (const name of to.counters) if (!from.counters.has(name)) script.say('add counter', name);
  for (const [name, chain] of to.chains) if (!from.chains.has(name)) script.say('add chain', name, hookText(chain));
  for (const [name, map] of to.maps) if (!from.maps.has(name)) script.say(`add ${kindOf(map)}`, name, `{ ${map.type}; }`);
  for (const [name, chain] of to.chains) script.rewriteRules(name, from.chains.get(name), chain);
  for (const name of from.chains.keys()) if (!to.chains.has(name)) script.say('flush chain', name);
  for (const [name, map] of to.maps) script.rewriteElements(name, from.maps.get(name)?.elements ?? NO_ELEMENTS, map);
  for (const [name, map] of from.maps) if (!to.maps.has(name)) script.say(`delete ${kindOf(map)}`, name);
  for (const name of from.chains.keys()) if (!to.chains.has(name)) script.say('delete chain', name);
  for (const name of from.counters) if (!to.counters.has(name)) script.say('delete counter', name);
  return script.text;
}

class Script {
  readonly #table: string;
  text = '';

  constructor(table: string) {
    this.#table = table;
  }

  say(verb: string, name: string, rest = ''): void {
    this.text += `${verb} inet ${this.#table} ${name}${rest === '' ? '' : ` ${rest}`}\n`;
  }

  rewriteRules(name: string, from: NftChain | undefined, to: NftChain): void {
    if (from !== undefined && isSameList(from.rules, to.rules)) return;
    if (from !== undefined && from.rules.length > 0) this.say('flush chain', name);
    for (const rule of to.rules) this.say('add rule', name, rule);
  }

  rewriteElements(name: string, from: ReadonlyMap<string, string>, map: NftMap): void {
    const to = map.elements;
    const gone = [...from].filter(([key, value]) => to.get(key) !== value).map(([key]) => key);
    const come = [...to].filter(([key, value]) => from.get(key) !== value);
    const isRewritten = gone.length * 2 > from.size;
    if (isRewritten) this.say(`flush ${kindOf(map)}`, name);
    else if (gone.length > 0) this.say('delete element', name, `{ ${gone.join(', ')} }`);
    const added = isRewritten ? [...to] : come;
    if (added.length > 0) this.say('add element', name, `{ ${added.map(elementText).join(', ')} }`);
  }
}

function elementText([key, value]: readonly [string, string]): string {
  return value === '' ? key : `${key} : ${value}`;
}

function kindOf(map: NftMap): 'map' | 'set' {
  return map.type.includes(' : ') ? 'map' : 'set';
}

function hookText({ hook }: NftChain): string {
  return hook === null ? '' : `{ ${hook}; policy accept; }`;
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}

function checked(table: string): string {
  assert(/^[A-Za-z][A-Za-z0-9_.-]{0,79}$/.test(table), `a table name of letters, digits, '_', '.' and '-', got ${JSON.stringify(table)}`);
  return table;
}
