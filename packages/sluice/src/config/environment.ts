/**
 * Environment variables in a configuration. TypeScript calls `env('NAME', default)`; YAML and JSON write `${NAME}` or `${NAME:-default}` inside any
 * text (`$${` stands for `${`). A variable that is missing and has no default is a fault: an empty password is worse than a program that does not start.
 */
import { type Fault, makeFault, type Path } from './fault.ts';

/** The environment: `process.env`, or what a test says. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with its variables put in, and those that were missing. */
export interface Expanded {
  readonly text: string;
  readonly missing: readonly string[];
}

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Puts variables into one text. A variable that is set but empty counts as missing where there is a default, as in a shell. */
export function expandText(text: string, environment: Environment): Expanded {
  const missing: string[] = [];
  const expanded = text.replace(REFERENCE, (whole, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) return whole.slice(1);
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined && (value !== '' || fallback === undefined)) return value;
    if (fallback === undefined) missing.push(name);
    return fallback ?? '';
  });
  return { text: expanded, missing };
}

/** The fault of a variable that is missing. */
export function missingVariable(root: unknown, path: Path, name: string): Fault {
  return makeFault(root, {
    path,
    what: `needs the environment variable ${name}, which is not set`,
    hint: `set it, or give a default: \${${name}:-value}`,
  });
}

/** Nothing in a configuration is nested as deep; what is deeper stays as it is, for the schema to refuse. */
const DEPTH_MAX = 64;

/** Puts variables into every text of a plain value (JSON). Everything stays text. */
export function expandValue(value: unknown, environment: Environment): { readonly value: unknown; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const walk = (node: unknown, path: Path): unknown => {
    if (typeof node === 'string') {
      if (!node.includes('${')) return node;
      const { text, missing } = expandText(node, environment);
      for (const name of missing) faults.push(missingVariable(value, path, name));
      return text;
    }
    if (path.length > DEPTH_MAX) return node;
    if (Array.isArray(node)) return node.map((entry, index) => walk(entry, [...path, index]));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, entry]) => [key, walk(entry, [...path, key])]));
  };
  return { value: walk(value, []), faults };
}

/**
 * A variable for a TypeScript configuration; the default's type decides the value's.
 * @throws {TypeError} when it is missing without a default, or not a number or boolean where the default is one.
 */
export function readVariable<Default extends string | number | boolean>(
  environment: Environment,
  name: string,
  fallback?: Default,
): string | number | boolean {
  const value = environment[name];
  if (value === undefined || (value === '' && fallback !== undefined)) {
    if (fallback !== undefined) return fallback;
    throw new TypeError(`the environment variable ${name} is not set; set it, or give a default: env('${name}', 'value')`);
  }
  if (typeof fallback === 'number') {
    if (value.trim() === '' || !Number.isFinite(Number(value))) throw new TypeError(`the environment variable ${name} must be a number`);
    return Number(value);
  }
  if (typeof fallback === 'boolean') {
    if (value !== 'true' && value !== 'false') throw new TypeError(`the environment variable ${name} must be true or false`);
    return value === 'true';
  }
  return value;
}
