#!/usr/bin/env node
// Plain JavaScript on purpose: it must parse on any Node, so that an old one gets one clear line.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `sluice: needs Node.js 24 or newer, this is ${process.versions.node}. Install a newer Node.js, or run it through npm (npx sluice) where package.json pins one.\n`,
  );
  process.exit(1);
}
const { existsSync, promises: files } = await import('node:fs');
const cores = (await import('node:os')).availableParallelism();
if (cores > 4 && process.env.UV_THREADPOOL_SIZE === undefined) {
  // Workers share one pool of threads, which compresses and hashes; its size is read once, when it is first used. What we start need not inherit it.
  process.env.UV_THREADPOOL_SIZE = String(cores);
  await files.stat('/');
  delete process.env.UV_THREADPOOL_SIZE;
}
const isBuilt = existsSync(new URL('../dist/cli/main.js', import.meta.url));
const load = (module) => import(new URL(isBuilt ? `../dist/${module}.js` : `../src/${module}.ts`, import.meta.url).href);
const { useCompileCache } = await load('io/compile-cache');
useCompileCache();
await load('cli/main');
