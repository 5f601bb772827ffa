/** `sluice why`: why a service has as many instances as it has, decision by decision. */
import type { Command } from 'commander';
import type { Decision, PolicyAnswer } from '../core/scaling/decision.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { servicePath } from './fleet-command.ts';
import { wholeNumber } from './flags.ts';

interface WhyFlags extends AdminFlags {
  readonly limit: string;
  readonly all?: true;
  readonly json?: true;
}

const LIMIT_MAX = 500;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('why')
    .description(
      'Tell why a service has as many instances as it has: the last decision, and those that changed the number, the youngest first.',
    )
    .argument('<service>')
    .option('--limit <number>', 'how many decisions', '5')
    .option('--all', 'also decisions that changed nothing')
    .option('--json', 'everything, as JSON')
    .addOption(adminOption())
    .action(async (service: string, flags: WhyFlags) => {
      const limit = wholeNumber('--limit', flags.limit, 1, LIMIT_MAX);
      const path = `${servicePath(service, 'decisions')}?limit=${limit}${flags.all === true ? '' : '&changes=true'}`;
      const { decisions } = (await callAdmin(flags, { method: 'GET', path })) as { decisions: readonly Decision[] };
      const text = flags.json === true ? JSON.stringify(decisions, null, 2) : whyLines(service, decisions, flags.all === true).join('\n');
      process.stdout.write(`${text}\n`);
    });
}

/** The lines for people. */
function whyLines(service: string, decisions: readonly Decision[], isAll: boolean): string[] {
  if (decisions.length === 0) return [`nothing was decided about ${service} yet`];
  return decisions.flatMap((decision, index) => {
    const isNow = !isAll && index === 0 && decision.action === 'none';
    return [...(index === 0 ? [] : ['']), ...decisionLines(decision, isNow ? 'now, ' : '')];
  });
}

function decisionLines({ at, counts, wanted, action, reason, answers, winner, bounds, victims }: Decision, before: string): string[] {
  const { ready, starting } = counts;
  const change = counts.wanted === wanted ? `${wanted}` : `${counts.wanted} → ${wanted}`;
  const lines = [
    `${before}${new Date(at).toISOString()}  ${change} wanted (${action}), ${ready} ready, ${starting} starting`,
    `  ${reason}`,
  ];
  for (const answer of answers) lines.push(`  ${answer.policy === winner ? '*' : ' '} ${answerLine(answer)}`);
  for (const { bound, from, to, detail } of bounds) lines.push(`    ${bound}: ${from} → ${to}, ${detail}`);
  for (const { id, isChosen, inflight, version, isProtected, ageSeconds } of victims) {
    const marks = [`${inflight} in flight`, version, `${Math.round(ageSeconds)}s old`, ...(isProtected ? ['protected'] : [])];
    lines.push(`    ${isChosen ? 'goes' : 'stays'} ${id}: ${marks.join(', ')}`);
  }
  return lines;
}

function answerLine({ policy, wanted, detail }: PolicyAnswer): string {
  return `${policy}: ${wanted === null ? 'no opinion' : `${wanted} wanted`}${detail === '' ? '' : `; ${detail}`}`;
}
