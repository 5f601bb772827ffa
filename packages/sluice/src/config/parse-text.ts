/**
 * Configuration as text: YAML 1.2 or JSON to a plain value. Syntax errors come with line and column, and without the source line, which may hold a
 * secret. Aliases are bounded (a few lines of YAML can stand for gigabytes), keys must be unique, unknown tags are faults.
 */
import { type Document, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, type Pair, visit } from 'yaml';
import { type Environment, expandText, expandValue, missingVariable } from './environment.ts';
import { type Fault, makeFault, type Path } from './fault.ts';
import { scanJson } from './json-scan.ts';

/** The value, or why there is none. */
export type ParsedText = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly faults: readonly Fault[] };

/** Each alias may be expanded this often at most. */
const ALIASES_MAX = 100;
/** One mistake often makes many. */
const SYNTAX_FAULTS_MAX = 10;

/** `${`, or either of its characters as an escape. Without it there is nothing to look for: a third of the time of a large configuration. */
const MAYBE_VARIABLE = /\$\{|\\u00(?:24|7b)/i;

/** Parses JSON. About 40 ms per megabyte. */
export function parseJson(given: string, environment: Environment): ParsedText {
  const text = withoutMark(given);
  const { errorAt, duplicates } = scanJson(text);
  if (errorAt !== null) return refuse(`is not JSON at ${placeOf(text, errorAt)}${errorAt === text.length ? ': it ends too early' : ''}`);
  const value = JSON.parse(text) as unknown;
  const expanded = MAYBE_VARIABLE.test(text) ? expandValue(value, environment) : { value, faults: [] };
  const faults = [...duplicates.map((path) => makeFault(value, { path, what: 'stands twice in its object' })), ...expanded.faults];
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: expanded.value };
}

/** Parses YAML. About 1 s per megabyte: generate JSON where a configuration has thousands of routes. */
export function parseYaml(text: string, environment: Environment): ParsedText {
  const lines = new LineCounter();
  try {
    const document = parseDocument(withoutMark(text), { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true });
    const problems = [...document.errors, ...document.warnings].slice(0, SYNTAX_FAULTS_MAX);
    if (problems.length > 0) return { ok: false, faults: problems.map((problem) => syntaxFault(problem, lines)) };
    const faults = expandDocument(document, environment);
    if (faults.length > 0) return { ok: false, faults };
    return { ok: true, value: document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown };
  } catch (error) {
    // Too many aliases, aliases in a circle, or nesting deeper than the stack.
    return refuse(`is not YAML that can be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refuse(what: string): ParsedText {
  return { ok: false, faults: [makeFault(null, { path: [], what })] };
}

/** RFC 8259 §8.1: a byte order mark may be ignored. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function syntaxFault(problem: { readonly message: string; readonly pos: readonly [number, number] }, lines: LineCounter): Fault {
  const { line, col } = lines.linePos(problem.pos[0]);
  return makeFault(null, { path: [], what: `is not YAML at line ${line}, column ${col}: ${problem.message}` });
}

/** Puts variables into scalars. An unquoted scalar is then read as YAML would read it: `${WORKERS}` may be a number. Quoted ones stay text. */
function expandDocument(document: Document, environment: Environment): Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Scalar(_, node, ancestors) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const { text, missing } = expandText(node.value, environment);
      for (const name of missing) faults.push(missingVariable(null, pathOf(ancestors, node), name));
      node.value = node.type === 'PLAIN' ? plainValue(text) : text;
    },
  });
  return faults;
}

function plainValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text;
}

function pathOf(ancestors: readonly (Document | Node | Pair)[], node: Node): Path {
  const path: (string | number)[] = [];
  ancestors.forEach((ancestor, index) => {
    if (isPair(ancestor)) path.push(isScalar(ancestor.key) ? String(ancestor.key.value) : String(ancestor.key));
    else if (isSeq(ancestor)) path.push(ancestor.items.indexOf(ancestors[index + 1] ?? node));
  });
  return path;
}
