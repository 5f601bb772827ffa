/** `sluice alert`: what fires, what is watched, silences, whether sinks can be reached, and the same rules for Prometheus. */
import type { Command } from 'commander';
import { parseDuration } from '../config/quantity.ts';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../observe/alert-status.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { alertLines, ruleLines, silenceLines } from './alert-lines.ts';
import { CommandFault, EXIT_FAILED, usageFault } from './console.ts';

interface ListFlags extends AdminFlags {
  readonly json?: true;
}

interface SilenceFlags extends AdminFlags {
  readonly match: readonly string[];
  readonly for: string;
  readonly comment?: string;
}

interface TestFlags extends AdminFlags {
  readonly sink?: string;
}

interface Tested {
  readonly sink: string;
  readonly problem: string | null;
}

/** Longer than the longest timeout of a sink. */
const TEST_TIMEOUT_MS = 70_000;

/** Adds the command. */
export function register(program: Command): void {
  const alert = program.command('alert').description('Alerts: what fires, what is watched, silences, and a test of who is told.');
  alert
    .command('list')
    .description('Alerts that are pending, fire, or were resolved lately; and silences.')
    .option('--json', 'as JSON')
    .addOption(adminOption())
    .action(list);
  alert
    .command('rules')
    .description('What is watched, when it is an alert, and how it stands.')
    .option('--json', 'as JSON')
    .addOption(adminOption())
    .action(rules);
  alert
    .command('silence')
    .description('Keep alerts quiet for some time; they stay visible.')
    .requiredOption(
      '--match <label=value>',
      "what they must have: rule=no-healthy-endpoint, service=shop, or service=~'shop-.*'; may be repeated",
      collect,
    )
    .requiredOption('--for <duration>', 'how long: 30m, 2h')
    .option('--comment <text>', 'why')
    .addOption(adminOption())
    .action(silence);
  alert
    .command('unsilence')
    .description('End a silence.')
    .argument('<id>', 'as `sluice alert list` shows it')
    .addOption(adminOption())
    .action(unsilence);
  alert
    .command('test')
    .description('Send a test alert to every sink, or to one, and say what came of it.')
    .option('--sink <name>', 'only to this one')
    .addOption(adminOption())
    .action(test);
  alert
    .command('export')
    .description("Print the configuration's own rules and objectives for Prometheus.")
    .requiredOption('--prometheus', 'as a file for its rule_files')
    .option('--config <file>', 'configuration file (default: sluice.config.{ts,mts,js,mjs,yaml,yml,json})')
    .action(async ({ config }: { config?: string }) => {
      const { exportAlerts } = await import('./alert-export.ts');
      await exportAlerts(config ?? null);
    });
}

async function list(flags: ListFlags): Promise<void> {
  const [alerts, silences] = await Promise.all([items<AlertStatus>(flags, '/api/alerts'), items<SilenceStatus>(flags, '/api/silences')]);
  if (flags.json === true) return print([JSON.stringify({ alerts, silences }, null, 2)]);
  const width = process.stdout.columns ?? 120;
  print([...alertLines(alerts, Date.now(), width), ...(silences.length === 0 ? [] : ['', ...silenceLines(silences, Date.now(), width)])]);
}

async function rules(flags: ListFlags): Promise<void> {
  const all = await items<AlertRuleStatus>(flags, '/api/alerts/rules');
  print(flags.json === true ? [JSON.stringify(all, null, 2)] : ruleLines(all));
}

async function silence(flags: SilenceFlags): Promise<void> {
  if (parseDuration(flags.for) === null) throw usageFault(`--for must be a duration such as 30m or 2h, got "${flags.for}"`);
  const match = Object.fromEntries(flags.match.map(pair));
  const body = { match, for: flags.for, ...(flags.comment === undefined ? {} : { comment: flags.comment }) };
  const made = (await callAdmin(flags, { method: 'POST', path: '/api/silences', body })) as SilenceStatus;
  print([`silence ${made.id} until ${new Date(made.until).toISOString()}; end it with: sluice alert unsilence ${made.id}`]);
}

async function unsilence(id: string, flags: AdminFlags): Promise<void> {
  await callAdmin(flags, { method: 'DELETE', path: `/api/silences/${encodeURIComponent(id)}` });
  print([`silence ${id} has ended`]);
}

async function test(flags: TestFlags): Promise<void> {
  const body = flags.sink === undefined ? {} : { sink: flags.sink };
  const call = { method: 'POST', path: '/api/alerts/test', body, timeoutMs: TEST_TIMEOUT_MS } as const;
  const { items: tested } = (await callAdmin(flags, call)) as { readonly items: readonly Tested[] };
  if (tested.length === 0)
    throw new CommandFault(["nobody is told of alerts: name a sink, alerts: { sinks: { ops: { slack: '…' } } }"], EXIT_FAILED);
  print(tested.map(({ sink, problem }) => `${sink}: ${problem ?? 'arrived'}`));
  const failed = tested.filter(({ problem }) => problem !== null);
  if (failed.length > 0) throw new CommandFault([`${failed.length} of ${tested.length} sinks did not take the test alert`], EXIT_FAILED);
}

async function items<Item>(flags: AdminFlags, path: string): Promise<readonly Item[]> {
  return ((await callAdmin(flags, { method: 'GET', path })) as { readonly items: readonly Item[] }).items;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function collect(given: string, before: readonly string[] = []): readonly string[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*=/.test(given)) throw usageFault(`--match must be label=value, got "${given}"`);
  return [...before, given];
}

/** `a=b`; `a=~b` is a regular expression, which the API writes `~b`, too. */
function pair(given: string): readonly [label: string, value: string] {
  const at = given.indexOf('=');
  return [given.slice(0, at), given.slice(at + 1)];
}
