/**
 * Every event that the sources can say, read from the calls that say them: `say(level, name, …)` and `event(level, name, …)`, and `{ level, what }` objects of
 * the fleet's pure core. A name that is not written in the call itself stands in COMPUTED, by hand: each entry is bound to the text of the call, so that a
 * change there, like a new call of that kind, fails the test.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../packages/sluice/src');
const LEVELS = ['info', 'warn', 'error'] as const;
const LEVEL = /'(info|warn|error)'/g;
const LEVEL_WORD = /'(?:info|warn|error)'/;
const CALL = /(?<![\w$])#?(?:say|event|(?:voice|this)\.once|told|sayOnce)\(/g;
/** An object that says: its level, and its name where that is not `what` by itself. */
const OBJECT = /type: 'say', level: ([^,{}]+), what(?:: ((?:[^,{}]|\{[^}]*\})+))?,/g;
/** `say` of these is about other things: nftables' language, Valkey's state, messages of processes. */
const OTHERS = new Set(['core/layer4/nft-table.ts']);

/** Nothing of its own: hands on what others say. */
const PASSES_ON = 'passes on';

/** `file: argument` (of calls whose first argument is no level: the arguments) to the names that it can be, with their levels. */
const COMPUTED: Readonly<Record<string, Readonly<Record<string, string>> | typeof PASSES_ON>> = {
  'control/alerting/sink-line.ts: notice, fault?.reason ?? null': PASSES_ON,
  'control/certificates/certificate-keeper.ts: level, what': PASSES_ON,
  'control/fleet/group-voice.ts: level, what': PASSES_ON,
  'control/fleet/local-instance.ts: level, what': PASSES_ON,
  'control/fleet/local-runner.ts: level, what': PASSES_ON,
  'control/fleet/process-driver-host.ts: what': PASSES_ON,
  'control/fleet/rollout-driver.ts: action.level, action.what': PASSES_ON,
  'control/fleet/rollout-driver.ts: level, what': PASSES_ON,
  'control/health/drains.ts: what': PASSES_ON,
  // Of workers: what they say by `event`.
  'control/supervisor/supervisor.ts: message.level, message.what': PASSES_ON,
  'core/fleet/rollout.ts: state, what': PASSES_ON,
  'gateway/filters/jwt.ts: level, what': PASSES_ON,
  "control/fleet/process-driver-host.ts: 'instance-record', reason": { 'instance-record': 'warn' },
  "control/fleet/process-driver-host.ts: 'resources-not-bound', fault": { 'resources-not-bound': 'warn' },
  "control/fleet/process-driver-host.ts: 'instance-trouble', `log ${path}: ${(error as Error).message}; its output is lost (make room, or set logs.directory)`":
    { 'instance-trouble': 'warn' },
  "control/health/drains.ts: entry, owner, 'endpoint-draining'": { 'endpoint-draining': 'info' },
  "control/health/drains.ts: entry, drain.owner, 'endpoint-undrained'": { 'endpoint-undrained': 'info' },
  "control/health/drains.ts: entry, owner, 'endpoint-drained'": { 'endpoint-drained': 'info' },
  'control/health/prober.ts: `endpoint-${change}`': { 'endpoint-up': 'info', 'endpoint-down': 'warn' },
  // A loop has an event of its own; who is stopped has been told of already: two kinds are left.
  "core/fleet/instance-failure.ts: kind === 'exited' ? 'instance-exited' : `instance-${kind}`": {
    'instance-exited': 'warn',
    'instance-out-of-memory': 'warn',
  },
  'core/fleet/instance-failure.ts: what': { 'engine-away': 'warn', 'instance-unstartable': 'error' },
  'core/fleet/instance.ts: what': { 'instance-ready': 'info', 'instance-ready-again': 'info' },
  "core/fleet/rollout.ts: { ...timed, phase: 'paused', resumesTo: state.phase, reason: 'held where it is, until `sluice continue`', isClockStopped: true }, 'deploy-paused'":
    { 'deploy-paused': 'info' },
  "core/fleet/rollout.ts: { ...resumed, reason: describe(resumed), isClockStopped: isStopped(resumed) }, 'deploy-resumed'": {
    'deploy-resumed': 'info',
  },
  "core/fleet/rollout.ts: nextStep(timed), 'deploy-promoted'": { 'deploy-promoted': 'info' },
  "core/fleet/rollout.ts: entered(state, changes), 'deploy-step'": { 'deploy-step': 'info' },
  "core/fleet/rollout.ts: nextStep(state), 'deploy-step'": { 'deploy-step': 'info' },
  "core/fleet/rollout.ts: { ...state, phase: 'rolling-back', resumesTo: null, stepSince: null, reason, isClockStopped: false }, 'deploy-rolling-back'":
    { 'deploy-rolling-back': 'warn error' },
  'core/fleet/rollout.ts: { ...state, phase, reason }, `deploy-${phase}`': { 'deploy-done': 'info', 'deploy-rolled-back': 'warn' },
  'gateway/caching/disk-tier.ts: `cache: disk cannot be ${what}`': {
    'cache: disk cannot be read': 'warn',
    'cache: disk cannot be written': 'warn',
  },
  'gateway/caching/disk-tier.ts: `cache: disk can be ${what} again`': {
    'cache: disk can be read again': 'info',
    'cache: disk can be written again': 'info',
  },
  'gateway/waf/waf-events.ts: what': { 'waf blocked': 'warn', 'waf detected': 'warn' },
};

/** Name to its levels, sorted. */
export type Events = ReadonlyMap<string, string>;

export interface FoundEvents {
  readonly events: Events;
  /** Calls whose name nobody has written down, and entries of COMPUTED without a call. */
  readonly unknown: readonly string[];
}

export function findEvents(): FoundEvents {
  const levels = new Map<string, Set<string>>();
  const unknown: string[] = [];
  const used = new Set<string>();
  const add = (name: string, found: readonly string[]): void => {
    const all = levels.get(name) ?? new Set();
    for (const level of found) all.add(level);
    levels.set(name, all);
  };
  for (const file of globSync('**/*.ts', { cwd: ROOT }).sort()) {
    if (/\.(test|bench|fuzz)\.ts$/.test(file) || OTHERS.has(file)) continue;
    for (const { level, name } of sayings(readFileSync(join(ROOT, file), 'utf8'))) {
      const literal = /^'([^']+)'$/.exec(name)?.[1];
      const found = [...level.matchAll(LEVEL)].map(([, one]) => one!);
      if (literal !== undefined && found.length > 0) add(literal, found);
      else {
        const key = `${file}: ${name}`;
        used.add(key);
        const known = COMPUTED[key];
        if (known === undefined) unknown.push(key);
        else if (known !== PASSES_ON) for (const [each, its] of Object.entries(known)) add(each, its.split(' '));
      }
    }
  }
  for (const key of Object.keys(COMPUTED)) if (!used.has(key)) unknown.push(`no such call: ${key}`);
  const events = new Map(
    [...levels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => [name, LEVELS.filter((one) => all.has(one)).join(', ')]),
  );
  return { events, unknown };
}

interface Saying {
  readonly level: string;
  readonly name: string;
}

/** First and second argument of each call, and of each object that is one. Signatures are none. */
function sayings(source: string): Saying[] {
  const text = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  const found: Saying[] = [];
  for (const { index, 0: call } of text.matchAll(CALL)) {
    const [first = '', second, third = ''] = splitArguments(text, index + call.length);
    if (second === undefined || /^\w+\??: /.test(second) || /^\w+\??: /.test(first)) continue;
    if (LEVEL_WORD.test(first)) found.push({ level: first, name: second });
    else found.push({ level: '', name: [first, second, ...(third.startsWith("'") ? [third] : [])].join(', ') });
  }
  for (const [, level = '', name = ''] of text.matchAll(OBJECT)) found.push({ level: level.trim(), name: name.trim() || 'what' });
  return found;
}

/** The arguments from here to the closing bracket, each on one line. */
function splitArguments(text: string, start: number): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = start;
  let quote = '';
  for (let index = start; index < text.length; index++) {
    const character = text[index]!;
    if (quote !== '') {
      if (character === '\\') index++;
      else if (character === quote) quote = '';
    } else if ('\'"`'.includes(character)) quote = character;
    else if ('([{'.includes(character)) depth++;
    else if (depth === 0 && (character === ',' || character === ')')) {
      parts.push(text.slice(from, index).replaceAll(/\s+/g, ' ').trim());
      from = index + 1;
      if (character === ')') return parts.filter((part) => part !== '');
    } else if (')]}'.includes(character)) depth--;
  }
  return parts;
}
