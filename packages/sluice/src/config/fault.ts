/**
 * One thing that is wrong with a configuration: where, what stands there, what is allowed, and what was probably meant. The text never carries a
 * secret: values under secret keys and of headers and cookies are left out, and lists and objects are named by kind only.
 */

/** A fault (refuses the configuration) or a warning (does not). */
export interface Fault {
  /** `services.web.endpoints[2].weight`; empty for the configuration as a whole. */
  readonly path: string;
  /** The whole sentence: `service "web": endpoints[2].weight must be a whole number 0..256, got 300`. */
  readonly message: string;
  /** What was probably meant, ready to be typed; null when nothing is near. */
  readonly suggestion: string | null;
}

/** Steps from the top of the configuration. */
export type Path = readonly (string | number)[];

/** What a fault is made of. */
export interface FaultParts {
  readonly path: Path;
  /** Follows the field's name: `must be 0..256`, `is not a service`. */
  readonly what: string;
  /** Shown after `got`; left out when undefined. */
  readonly value?: unknown;
  /** What to do, as a clause. */
  readonly hint?: string | null;
  readonly suggestion?: string | null;
}

const SHOWN_CHARACTERS_MAX = 60;
const SECRET_KEY = /secret|token|password|passwd|credential|authorization|api-?key|hmac-?key/i;

/** Writes a fault's sentence. `root` is the configuration, from which routes take their names. */
export function makeFault(root: unknown, parts: FaultParts): Fault {
  const { subject, rest } = splitSubject(root, parts.path);
  const suggestion = parts.suggestion ?? null;
  let message = subject === '' ? '' : `${subject}: `;
  const name = rest === '' && subject === '' ? 'the configuration' : rest;
  message += name === '' ? parts.what : `${name} ${parts.what}`;
  if (parts.value !== undefined) message += `, got ${showValue(parts.value, parts.path)}`;
  if (suggestion !== null) message += `; did you mean ${JSON.stringify(suggestion)}?`;
  if (parts.hint) message += `; ${parts.hint}`;
  return { path: formatPath(parts.path), message, suggestion };
}

/** `services.web.endpoints[2]`; keys that are not plain names are quoted. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[\w$-]+$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** The steps of a path in the form of `formatPath`. */
export function parsePath(text: string): Path {
  return Array.from(text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([\w$-]+)/g), ([, index, quoted, name = '']) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? name : (JSON.parse(quoted) as string);
  });
}

/** Whether what stands at the path must not be shown. */
export function isSecretPath(path: Path): boolean {
  // Sinks of alerts: their URLs are keys.
  if (path[0] === 'alerts' && path[1] === 'sinks' && path.length > 3) return true;
  return path.some((step, index) => {
    if (typeof step !== 'string') return false;
    // Headers, cookies and environments carry credentials under names that nobody can list.
    return SECRET_KEY.test(step) || (/(?:headers|cookies|^env)$/i.test(step) && index < path.length - 1);
  });
}

/** A value in a sentence: short, without secrets, never throwing. */
export function showValue(value: unknown, path: Path = []): string {
  if (isSecretPath(path)) return typeof value === 'string' ? `a text of ${value.length} characters` : kindOf(value);
  if (typeof value === 'string') {
    const bare = value.replace(/\/\/[^/@\s]*@/g, '//…@').replace(/([?&](?:password|secret|token|key)=)[^&#\s]*/gi, '$1…');
    return JSON.stringify(bare.length > SHOWN_CHARACTERS_MAX ? `${bare.slice(0, SHOWN_CHARACTERS_MAX)}…` : bare);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}

/** What went wrong in a few words: never the stack, and nothing of the source. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value === 'string' ? 'text' : typeof value}`;
}

const NOUNS: Readonly<Record<string, string>> = { listeners: 'listener', services: 'service' };

function splitSubject(root: unknown, path: Path): { subject: string; rest: string } {
  const [head, name] = path;
  if (typeof head === 'string' && typeof name === 'string' && NOUNS[head] !== undefined) {
    return { subject: `${NOUNS[head]} ${JSON.stringify(name)}`, rest: formatPath(path.slice(2)) };
  }
  if (head === 'routes' && typeof name === 'number') {
    const label = routeLabel(root, name);
    return { subject: `route ${name}${label === '' ? '' : ` (${label})`}`, rest: formatPath(path.slice(2)) };
  }
  return { subject: '', rest: formatPath(path) };
}

/** What people know a route by: its name, or its path. */
function routeLabel(root: unknown, index: number): string {
  const route = valueAt(root, ['routes', index]);
  for (const key of ['name', 'path']) {
    const label = valueAt(route, [key]);
    if (typeof label === 'string' && label !== '') return showValue(label);
  }
  return '';
}

/** What stands at a path; undefined when nothing does. Own properties only. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
