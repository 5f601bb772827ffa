/** The results as a table on the terminal, as JSON, and as the page `docs/benchmarks.md`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { RowResult } from './rows/row.ts';

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly RowResult[];
}

/** Processor, cores, memory, kernel. */
export function describeMachine(): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB, Linux ${release()}`;
}

/** One row as a Markdown table with its targets and notes. */
export function rowMarkdown(row: RowResult): string {
  const lines = [`### ${row.title}`, '', `| | ${row.columns.join(' | ')} |`, `| --- |${' ---: |'.repeat(row.columns.length)}`];
  for (const cell of row.cells) lines.push(`| ${cell.subject} | ${cell.values.map(formatValue).join(' | ')} |`);
  lines.push('');
  for (const target of row.targets) {
    lines.push(`- target ${target.text}: ${formatValue(target.measured)}, ${target.reached ? 'reached' : '**not reached**'}`);
  }
  for (const note of row.notes) lines.push(`- ${note}`);
  return `${lines.join('\n')}\n`;
}

/** Three significant figures, or whole numbers from 100 on. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'n/a';
  if (value === 0) return '0';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Writes `bench/results/latest.json` and `docs/benchmarks.md`. */
export function writeReport(report: Report): void {
  const results = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(results, { recursive: true });
  writeFileSync(`${results}latest.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url)), page(report));
}

function page(report: Report): string {
  const versions = Object.entries(report.versions).map(([name, version]) => `- ${name}: ${version}`);
  return `# Benchmarks

Written by \`npm run bench\`; do not edit. ${report.date}, ${report.machine}.

All proxies stand before the same backend (nginx, on TCP and a unix socket), are loaded in turns in the same run, and every figure is the
median of ${report.rounds} rounds of ${report.seconds} s. CPU is the user and system time of the proxy's processes and threads from
\`/proc/PID/stat\` over the requests done. The load generator, the backend and the proxy share the machine's cores, so requests per second are
what was left over, and only CPU per request and ratios within one run mean something.

Rows about scaling in virtual time simulate the service and run the policies as they are; rows about the fleet run Sluice and instances of its own, with no
peers, and say what they measure.

Layer 4 in the kernel is measured over the whole path in network namespaces, apart from these rows: \`node bench/kernel-layer4.ts\`; its figures are in
[the guide](guide/kernel-layer4.md).

${versions.join('\n')}

${report.rows.map(rowMarkdown).join('\n')}`;
}
