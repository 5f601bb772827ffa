/** Writes mixin/: Prometheus' rules and alerts, and a Grafana dashboard, from the rules that Sluice has by itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mixinFiles } from '../mixin/files.ts';

const folder = new URL('../../mixin/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(mixinFiles())) writeFileSync(new URL(name, folder), text);
