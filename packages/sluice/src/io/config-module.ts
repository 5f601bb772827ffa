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

/** Query that makes a reloaded module another one. */
const VERSION = 'sluice-config';

let loads = 0;

/**
 * Imports a configuration module.
 * @returns Its default export; undefined when it has none.
 * @throws What the module throws, or a syntax or resolution error.
 */
export async function importConfigModule(path: string): Promise<unknown> {
  const version = String(++loads);
  const url = pathToFileURL(path);
  url.searchParams.set(VERSION, version);
  // A CommonJS module is kept by its path, whatever the query.
  Reflect.deleteProperty(createRequire(url).cache, path);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'sluice') return { url: OWN_INDEX.href, shortCircuit: true };
      const resolved = asModule(next(specifier, context));
      return isOwnModule(context.parentURL, resolved.url) ? { ...resolved, url: withVersion(resolved.url, version) } : resolved;
    },
  });
  try {
    const module = (await import(url.href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    if (!isUnsupportedSyntax(error)) throw error;
    return await importWithJiti(path);
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
  const isVersioned = parent !== undefined && parent.includes(`${VERSION}=`);
  return isVersioned && url.startsWith('file:') && !url.includes('/node_modules/') && !url.includes(`${VERSION}=`);
}

function withVersion(url: string, version: string): string {
  const versioned = new URL(url);
  versioned.searchParams.set(VERSION, version);
  return versioned.href;
}

function isUnsupportedSyntax(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
}

async function importWithJiti(path: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { moduleCache: false, fsCache: false, alias: { sluice: fileURLToPath(OWN_INDEX) } });
  return await jiti.import(path, { default: true });
}
