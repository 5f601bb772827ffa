/** `sluice cache simulate`: what caches of several sizes and eviction policies would have answered of the requests in a log. */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { parseShare, parseSize } from '../config/quantity.ts';
import { EVICTION_NAMES, type EvictionName } from '../core/caching/eviction/policy.ts';
import { footprint, replay, type ReplayResult, type ReplayTrace } from '../core/caching/eviction/replay.ts';
import { plotSvg } from './cache-plot.ts';
import { type ReadTrace, readTrace, TRACE_FORMATS, type TraceFormat } from './cache-trace.ts';
import { CommandFault, EXIT_FAILED, plainLine, usageFault } from './console.ts';
import { type Column, tableLines } from './table.ts';

interface SimulateFlags {
  readonly format?: TraceFormat;
  readonly sizes: string;
  readonly policies: string;
  readonly svg?: string;
}

/** A capacity, in bytes or objects, and how it is called. */
interface Size {
  readonly capacity: number;
  readonly label: string;
}

/** The results of one policy, in the order of the sizes. */
interface Series {
  readonly name: EvictionName;
  readonly results: readonly ReplayResult[];
}

const SIZES = '0.1%,1%,5%,10%,20%,50%';
const SIZES_MAX = 16;
/** Random numbers of the policies that need them: the same for each run. */
const SEED = 1;
const TABLE_WIDTH = 120;

const HELP = `TRACE is an access log of Sluice (JSON lines, or the combined format, which other servers write,
too), a file with one key on each line, or - for standard input; .gz is unpacked. Of an access
log, GET and HEAD count, with a status that caches store without being told to (200, 203, 204, 206,
300, 301, 308, 404, 405, 410, 414, 501), and 304. It knows nothing of freshness, Vary and
Cache-Control: what it says is the most that a cache of that size can do with that policy.

A size is a share of what all objects take together, bytes (64MiB), or, where the log has no bytes,
a number of objects. An object is as large as its largest reply in the log.

Examples:
  sluice cache simulate /var/log/sluice/access.log
  sluice cache simulate --sizes 64MiB,256MiB,1GiB --svg hits.svg access.log.1.gz
  xz -dc web12.trace.xz | sluice cache simulate --format u32be --sizes 138,1376 -`;

/** Adds the command to `sluice cache`. */
export function registerSimulate(cache: Command): void {
  cache
    .command('simulate')
    .description('Tell what caches of several sizes and eviction policies would have answered of a log.')
    .argument('<trace>', 'a log, or - for standard input')
    .addOption(new Option('--format <format>', 'of the log (default: found out)').choices(TRACE_FORMATS))
    .option('--sizes <sizes>', 'of the cache, separated by commas', SIZES)
    .option('--policies <policies>', 'which eviction policies, separated by commas', EVICTION_NAMES.join(','))
    .option('--svg <file>', 'also draw the curves into that file')
    .addHelpText('after', `\n${HELP}`)
    .action((path: string, flags: SimulateFlags) => simulate(path, flags));
}

async function simulate(path: string, flags: SimulateFlags): Promise<void> {
  const policies = policyNames(flags.policies);
  const sizesOf = parseSizes(flags.sizes);
  const read = await readTrace(path, flags.format ?? null);
  const { trace } = read;
  if (trace.requests.length === 0) throw new CommandFault([`${path}: ${nothing(read)}`], EXIT_FAILED);
  const sizes = sizesOf(trace);
  const series = policies.map((name): Series => ({ name, results: sizes.map(({ capacity }) => replay(trace, name, capacity, SEED)) }));
  process.stdout.write(`${report(path, read, sizes, series).join('\n')}\n`);
  if (flags.svg !== undefined) await draw(flags.svg, path, trace, sizes, series);
}

function nothing({ format, others, unreadable }: ReadTrace): string {
  if (others + unreadable === 0) return 'no requests in it';
  const counts = `${others} requests that caches do not answer, ${unreadable} unreadable lines`;
  return `nothing to simulate when read as ${format}: ${counts}; --format says what it is`;
}

function policyNames(text: string): readonly EvictionName[] {
  return text.split(',').map((name) => {
    const known = EVICTION_NAMES.find((each) => each === name);
    if (known === undefined) throw usageFault(`--policies: unknown policy "${name}", known are ${EVICTION_NAMES.join(', ')}`);
    return known;
  });
}

/** Faults in the text are told before the log is read; what only the log can tell, after. */
function parseSizes(text: string): (trace: ReplayTrace) => readonly Size[] {
  const words = text.split(',');
  if (words.length > SIZES_MAX) throw usageFault(`--sizes takes at most ${SIZES_MAX} sizes, got ${words.length}`);
  const sizes = words.map((word) => {
    const [share, bytes] = [parseShare(word), parseSize(word)];
    const count = /^\d{1,9}$/.test(word) ? Number(word) : null;
    if (!((share ?? bytes ?? count ?? 0) > 0) || (share ?? 0) > 1)
      throw usageFault(`--sizes: "${word}" is no size; write 10% (at most 100%), 64MiB, or a number of objects`);
    return { word, share, bytes, count };
  });
  return (trace) => {
    const all = footprint(trace);
    return sizes
      .map(({ word, share, bytes, count }): Size => {
        if (share !== null) return sizeOf(Math.max(1, Math.round(share * all)), trace, word);
        if (bytes !== null && trace.sizes === null)
          throw usageFault(`--sizes: "${word}" is in bytes, which this log does not have; write 10%, or a number of objects`);
        if (count !== null && trace.sizes !== null)
          throw usageFault(`--sizes: "${word}" has no unit, and this log has bytes; write ${word}B, ${word}MiB, or 10%`);
        return sizeOf(bytes ?? count!, trace, null);
      })
      .toSorted((left, right) => left.capacity - right.capacity);
  };
}

function sizeOf(capacity: number, trace: ReplayTrace, share: string | null): Size {
  const amount = trace.sizes === null ? String(capacity) : byteText(capacity);
  return { capacity, label: share === null ? amount : `${share}=${amount}` };
}

function report(path: string, read: ReadTrace, sizes: readonly Size[], series: readonly Series[]): string[] {
  const { trace, format, others, unreadable } = read;
  const all = trace.sizes === null ? '' : `, ${byteText(footprint(trace))} together`;
  const lines = [`${plainLine(path)} (${format}): ${trace.requests.length} requests for ${trace.objects} objects${all}`];
  if (others > 0) lines.push(`left out: ${others} requests with other methods or statuses`);
  if (unreadable > 0) lines.push(`left out: ${unreadable} lines that are not ${format}`);
  lines.push('', 'Answered from the cache, % of requests', ...table(sizes, series, objectPercent));
  if (trace.sizes !== null) lines.push('', 'Answered from the cache, % of bytes', ...table(sizes, series, bytePercent));
  const first = (100 * trace.objects) / trace.requests.length;
  return [
    ...lines,
    '',
    `No cache can answer more than ${(100 - first).toFixed(1)} % of the requests: the rest asks for an object for the first time.`,
  ];
}

function table(sizes: readonly Size[], series: readonly Series[], percent: (result: ReplayResult) => number): string[] {
  const columns: Column[] = [{ title: 'POLICY', align: 'left' }];
  for (const { label } of sizes) columns.push({ title: label, align: 'right' });
  const rows = series.map(({ name, results }) => [name, ...results.map((result) => percent(result).toFixed(1))]);
  return tableLines(columns, rows, TABLE_WIDTH);
}

function objectPercent({ hits, requests }: ReplayResult): number {
  return (100 * hits) / requests;
}

function bytePercent({ hitBytes, bytes }: ReplayResult): number {
  return (100 * hitBytes) / bytes;
}

async function draw(file: string, path: string, trace: ReplayTrace, sizes: readonly Size[], series: readonly Series[]): Promise<void> {
  const curves = (percent: (result: ReplayResult) => number) => series.map(({ name, results }) => ({ name, values: results.map(percent) }));
  const panels = [{ yTitle: 'Hits, % of requests', curves: curves(objectPercent) }];
  if (trace.sizes !== null) panels.push({ yTitle: 'Hits, % of bytes', curves: curves(bytePercent) });
  const name = path === '-' ? 'standard input' : basename(path);
  const unit = trace.sizes === null ? 'objects' : 'bytes';
  const svg = plotSvg({
    title: `Cache hits by eviction policy: ${name}`,
    xTitle: `Size of the cache (${unit}, logarithmic)`,
    sizes: sizes.map(({ capacity, label }) => ({ value: capacity, label })),
    panels,
  });
  try {
    await writeFile(file, svg);
  } catch (error) {
    throw new CommandFault([`--svg ${file}: ${error instanceof Error ? error.message : String(error)}`], EXIT_FAILED);
  }
}

/** `512B`, `1.5MiB`, `64MiB`. */
function byteText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** unit).toPrecision(3))}${units[unit]}`;
}
