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
const built = new URL('../dist/cli/main.js', import.meta.url);
await import(existsSync(built) ? built.href : new URL('../src/cli/main.ts', import.meta.url).href);
