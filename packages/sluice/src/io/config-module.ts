/**
 * Configuration as a module: imported natively (Node strips the types), and through jiti only where the file uses TypeScript that is not erasable
 * (enums, parameter properties). `import … from 'sluice'` always means the program that is running, so that a configuration works the same in a
 * project that has Sluice installed and through `npx` from anywhere. On reload the file and the modules it imports are read anew, not from the cache;
 * modules are never freed (Node keeps them), which costs about the size of the file per reload.
 */
import { createRequire, registerHooks, type ResolveFnOutput } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The library of the running program: `.ts` from sources, `.js` when built. */
const OWN_INDEX = new URL(`../index${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/** The same for workers: without the schema. */
const WORKER_INDEX = new URL(`../worker-index${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/** Query that makes a reloaded module another one. */
export const MODULE_MARK = 'sluice-config';

let loads = 0;

/**
 * Imports a configuration module.
 * @returns Its default export; undefined when it has none.
 * @throws What the module throws, or a syntax or resolution error.
 */
export async function importConfigModule(path: string): Promise<unknown> {
  return (await importModule(path, String(++loads), OWN_INDEX)).default;
}

/**
 * Imports a module with filters. `sluice` means for it what filters need: the schema stays outside of the gateway.
 * @param version Of its text: the same version is the same module. Without it, it is read anew.
 * @throws What the module throws, or a syntax or resolution error.
 */
export async function importFilterModule(path: string, version?: string): Promise<Readonly<Record<string, unknown>>> {
  return await importModule(path, version ?? String(++loads), WORKER_INDEX);
}

/** The files of the project that a module was made of when it was last imported here, itself among them. */
export function filesOfModule(path: string): readonly string[] {
  return [...new Set([path, ...(filesOf.get(path) ?? [])])];
}

const filesOf = new Map<string, Set<string>>();

type Exports = Readonly<Record<string, unknown>> & { readonly default?: unknown };

async function importModule(path: string, version: string, library: URL): Promise<Exports> {
  const files = new Set<string>();
  filesOf.set(path, files);
  const url = pathToFileURL(path);
  url.searchParams.set(MODULE_MARK, version);
  // A CommonJS module is kept by its path, whatever the query.
  Reflect.deleteProperty(createRequire(url).cache, path);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'sluice') return { url: library.href, shortCircuit: true };
      const resolved = asModule(next(specifier, context));
      if (!isOwnModule(context.parentURL, resolved.url)) return resolved;
      files.add(fileURLToPath(resolved.url));
      return { ...resolved, url: withVersion(resolved.url, version) };
    },
  });
  try {
    return (await import(url.href)) as Exports;
  } catch (error) {
    if (!isUnsupportedSyntax(error)) throw error;
    return await importWithJiti(path, library);
  } finally {
    hooks.deregister();
  }
}

/** TypeScript is written with `import` and `export`, also where package.json says "commonjs" (as `npm init` does); `.cts` stays what it says. */
function asModule(resolved: ResolveFnOutput): ResolveFnOutput {
  const isTypeScript = resolved.format === 'commonjs-typescript' && new URL(resolved.url).pathname.endsWith('.ts');
  return isTypeScript && !resolved.url.includes('/node_modules/') ? { ...resolved, format: 'module-typescript' } : resolved;
}

/** Whether the configuration (or a module of it) imports a file of the project, which may have changed since. */
function isOwnModule(parent: string | undefined, url: string): boolean {
  const isVersioned = parent !== undefined && parent.includes(`${MODULE_MARK}=`);
  return isVersioned && url.startsWith('file:') && !url.includes('/node_modules/') && !url.includes(`${MODULE_MARK}=`);
}

function withVersion(url: string, version: string): string {
  const versioned = new URL(url);
  versioned.searchParams.set(MODULE_MARK, version);
  return versioned.href;
}

function isUnsupportedSyntax(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
}

async function importWithJiti(path: string, library: URL): Promise<Exports> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { moduleCache: false, fsCache: false, alias: { sluice: fileURLToPath(library) } });
  return await jiti.import<Exports>(path);
}
