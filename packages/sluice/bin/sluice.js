#!/usr/bin/env node
// Plain JavaScript on purpose: it must parse on any Node, so that an old one gets one clear line.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `sluice: needs Node.js 24 or newer, this is ${process.versions.node}. Install a newer Node.js, or run it through npm (npx sluice) where package.json pins one.\n`,
  );
  process.exit(1);
}
const { existsSync } = await import('node:fs');
const isBuilt = existsSync(new URL('../dist/cli/main.js', import.meta.url));
const load = (module) => import(new URL(isBuilt ? `../dist/${module}.js` : `../src/${module}.ts`, import.meta.url).href);
const { useCompileCache } = await load('io/compile-cache');
useCompileCache();
await load('cli/main');
