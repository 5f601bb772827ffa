/**
 * Enforces the layer table (scripts/layers-table.ts) over packages/<name>/src: who may import whom, no `node:` and no ambient clock, timer or
 * randomness in the pure layers, no import cycle (type-only ones included). Tests beside the code may use `node:`, libraries and clocks,
 * but keep to the folder rule. Run: `node scripts/layers.ts [root]`; prints `file:line: what, and the remedy`, exit 1 on any finding.
 */
import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path/posix';
import { readSource, type Source } from './layers-source.ts';
import { LAYERS, PACKAGE_NAMES, PACKAGES, type Layer } from './layers-table.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Place {
  readonly package: string;
  readonly folder: string;
  /** Undefined outside packages/sluice. */
  readonly layer: Layer | undefined;
  readonly isTest: boolean;
}

/** cli and index compose everything. */
const TOP = 6;

/** Checks sources given as path (from the root, with `/`) to text. Findings come in order of file and line. */
export function checkLayers(texts: ReadonlyMap<string, string>): Finding[] {
  const sources = new Map([...texts].map(([file, text]) => [file, readSource(file, text)] as const));
  const findings = [...sources].flatMap(([file, source]) => checkFile(file, source));
  findings.push(...findCycles(sources));
  return findings.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function checkFile(file: string, source: Source): Finding[] {
  const place = placeOf(file);
  if (place.package === 'sluice' && !place.layer) {
    return [{ file, line: 1, message: `folder "${place.folder}" is not in the layer table; add it to scripts/layers-table.ts` }];
  }
  const findings: Finding[] = [];
  const add = (line: number, message: string | undefined): void => {
    if (message !== undefined) findings.push({ file, line, message });
  };
  for (const { line, specifier } of source.imports) add(line, checkImport(file, place, specifier));
  if (place.isTest) return findings;
  for (const { line, what, isValue } of source.ambient) {
    if (place.layer?.ambient === 'none' || (place.layer?.ambient === 'values' && !isValue)) {
      add(line, `${place.folder} must not use ${what}; take time, timers and randomness as arguments (base/runtime.ts)`);
    }
  }
  return findings;
}

function checkImport(file: string, from: Place, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return checkRelative(file, from, specifier);
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return `imports "${specifier}"; write "node:${specifier}"`;
    return from.layer?.node === false && !from.isTest ? `${from.folder} must not import ${specifier}; move the I/O to io` : undefined;
  }
  const name = specifier.startsWith('@') ? specifier.split('/', 2).join('/') : specifier.split('/', 1)[0]!;
  const target = PACKAGE_NAMES[name];
  if (target !== undefined) {
    const isAllowed = target !== from.package && PACKAGES[from.package]?.includes(target);
    return isAllowed
      ? undefined
      : `packages/${from.package} must not import ${name}; its packages may import: ${list(PACKAGES[from.package])}`;
  }
  if (from.isTest || !from.layer || from.layer.libraries === 'any' || from.layer.libraries.includes(name)) return undefined;
  return `${from.folder} must not import the library ${name}; it may import: ${list(from.layer.libraries)}`;
}

function checkRelative(file: string, from: Place, specifier: string): string | undefined {
  const target = resolve(file, specifier);
  const to = placeOf(target);
  if (to.package !== from.package) return `imports ${target} by path; a relative import must stay inside packages/${from.package}/src`;
  if (!/\.(tsx?|js|json|css)$/.test(specifier)) return `imports "${specifier}" without its ending; write "${specifier}.ts"`;
  if (to.isTest && !from.isTest) return `imports the test file ${target}; move what both need into a file of its own`;
  if (!from.layer || !to.layer || to.folder === from.folder || to.layer.rank < from.layer.rank || from.layer.rank === TOP) return undefined;
  const how = to.layer.rank === from.layer.rank ? 'neighbours never import each other' : 'imports point to lower ranks only';
  return `${from.folder} (rank ${from.layer.rank}) must not import ${to.folder} (rank ${to.layer.rank}): ${how}`;
}

function placeOf(file: string): Place {
  const [, packageName = '', , folder = ''] = file.split('/');
  const layer = folder.includes('.') ? 'index' : folder;
  const isTest = /\.(test|bench|contract|fixture)\.ts$/.test(file);
  return { package: packageName, folder: layer, layer: packageName === 'sluice' ? LAYERS[layer] : undefined, isTest };
}

function resolve(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier));
}

/** One finding per cycle met on a depth-first walk; every cyclic component is reported at least once. */
function findCycles(sources: ReadonlyMap<string, Source>): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    path.push(file);
    for (const { line, specifier } of sources.get(file)?.imports ?? []) {
      const target = specifier.startsWith('.') ? resolve(file, specifier) : undefined;
      if (target === undefined || !sources.has(target) || done.has(target)) continue;
      const start = path.indexOf(target);
      if (start < 0) visit(target);
      else
        findings.push({
          file,
          line,
          message: `import cycle: ${[...path.slice(start), target].join(' -> ')}; move what both need into a third file`,
        });
    }
    path.pop();
    done.add(file);
  };
  for (const file of sources.keys()) if (!done.has(file)) visit(file);
  return findings;
}

function list(names: readonly string[] | undefined): string {
  return names?.length ? names.join(', ') : 'none';
}

if (import.meta.main) {
  const root = process.argv[2] ?? join(import.meta.dirname, '..');
  const files = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).sort();
  const findings = checkLayers(new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')])));
  for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message}`);
  console.log(`layers: ${files.length} files, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
}
