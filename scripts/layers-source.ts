/**
 * Reads from one TypeScript source what the layer check needs: every import (static, re-exported, dynamic with a literal, `import('x').T`,
 * type-only or not) and every use of an ambient clock, timer or random source. Parsed by oxc, so comments and strings do not confuse it.
 */
import { parseSync } from 'oxc-parser';
import { AMBIENT_GLOBALS } from './layers-table.ts';

export interface Import {
  readonly line: number;
  readonly specifier: string;
}

export interface AmbientUse {
  readonly line: number;
  readonly what: string;
  /** `new Date(x)`: formats a time that was given, reads no clock. */
  readonly isValue: boolean;
}

export interface Source {
  readonly imports: readonly Import[];
  readonly ambient: readonly AmbientUse[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** @throws Error when the file does not parse. */
export function readSource(file: string, text: string): Source {
  const { program, errors } = parseSync(file, text);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const imports: Import[] = [];
  const ambient: AmbientUse[] = [];
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  walk(program as unknown as Node, (node, parent, key) => {
    const specifier = importedBy(node);
    if (specifier !== undefined) imports.push({ line: lineOf(node.start), specifier });
    const use = ambientUse(node, parent, key);
    if (use) ambient.push({ line: lineOf(node.start), ...use });
  });
  return { imports, ambient };
}

const IMPORTING = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression', 'TSImportType']);

function importedBy(node: Node): string | undefined {
  if (!IMPORTING.has(node.type) || !isNode(node['source'])) return undefined;
  const value = node['source']['value'];
  return typeof value === 'string' ? value : undefined;
}

function ambientUse(node: Node, parent: Node, key: string): Omit<AmbientUse, 'line'> | undefined {
  if (node.type === 'MemberExpression' && isNamed(node['object'], 'Math') && isNamed(node['property'], 'random')) {
    return { what: 'Math.random', isValue: false };
  }
  if (node.type !== 'Identifier' || isOnlyAName(parent, key) || parent.type.startsWith('TS')) return undefined;
  const name = String(node['name']);
  if (name === 'Date') {
    const args = parent['arguments'];
    return { what: 'Date', isValue: parent.type === 'NewExpression' && Array.isArray(args) && args.length > 0 };
  }
  return AMBIENT_GLOBALS.includes(name) ? { what: name, isValue: false } : undefined;
}

/** A property or key that happens to be called like a global. */
function isOnlyAName(parent: Node, key: string): boolean {
  if (parent.type === 'MemberExpression') return key === 'property' && parent['computed'] !== true;
  return key === 'key' && (parent.type === 'Property' || parent.type === 'PropertyDefinition' || parent.type === 'MethodDefinition');
}

function walk(node: Node, visit: (node: Node, parent: Node, key: string) => void, parent: Node = node, key = ''): void {
  visit(node, parent, key);
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(child)) walk(child, visit, node, name);
  }
}

function isNamed(value: unknown, name: string): boolean {
  return isNode(value) && value.type === 'Identifier' && value['name'] === name;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
