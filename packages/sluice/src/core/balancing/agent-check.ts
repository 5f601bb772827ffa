/**
 * Reads the line of a HAProxy agent (configuration manual, `agent-check`): words between spaces, tabs or commas, up to the end of the line or a `#`,
 * after which comes the reason. Of several words of a kind the last counts. What a line does not name is left as it was, and only the
 * agent takes back what it said (`core/health/agent-state.ts`).
 *
 *     75%                  weight, relative to the configured one          ready / drain / maint      administrative state
 *     weight:128           weight, absolute (0–256); weight:50% as above   up                         nothing against it
 *     maxconn:30           requests in flight at most                      down / fail / stopped      takes no requests
 */
import type { AgentWord } from '../health/agent-state.ts';

const LENGTH_MAX = 1024;
/** HAProxy's largest weight; relative ones are bounded alike. */
const WEIGHT_MAX = 256;

/** One line of an agent. */
export interface AgentReport extends AgentWord {
  /** null where the line has none. */
  readonly requestsMax: number | null;
  /** First word that is none of the protocol's; empty when all are. */
  readonly unknown: string;
}

type Draft = { -readonly [Key in keyof AgentReport]: AgentReport[Key] };

/**
 * Parses an agent's answer; only its first line counts.
 * @param configuredWeight What an absolute weight is divided by.
 * @returns null when no word of it is the protocol's.
 */
export function parseAgentLine(line: string, configuredWeight = 1): AgentReport | null {
  const report: Draft = { weight: null, admin: null, health: null, reason: '', requestsMax: null, unknown: '' };
  const end = endOfLine(line);
  let words = 0;
  let at = 0;
  while (at < end) {
    if (isSeparator(line.charCodeAt(at))) {
      at++;
      continue;
    }
    if (line[at] === '#') {
      report.reason = line.slice(at + 1, end).trim();
      break;
    }
    const start = at;
    while (at < end && !isSeparator(line.charCodeAt(at))) at++;
    const word = line.slice(start, at).toLowerCase();
    if (takeWord(report, word, configuredWeight)) words++;
    else report.unknown ||= word;
  }
  return words === 0 ? null : report;
}

/** False when the word is not the protocol's. */
function takeWord(report: Draft, word: string, configuredWeight: number): boolean {
  switch (word) {
    case 'up':
      report.health = 'up';
      return true;
    case 'down':
    case 'fail':
    case 'failed':
    case 'stopped':
      report.health = 'down';
      // HAProxy shows the word itself, so that a stop on purpose can be told from a failure.
      report.reason = word;
      return true;
    case 'ready':
    case 'drain':
    case 'maint':
      report.admin = word;
      return true;
    default:
      return takeNumber(report, word, configuredWeight);
  }
}

function takeNumber(report: Draft, word: string, configuredWeight: number): boolean {
  if (word.startsWith('maxconn:')) {
    const bound = parseInteger(word.slice(8));
    if (bound >= 0) report.requestsMax = bound;
    return bound >= 0;
  }
  const text = word.startsWith('weight:') ? word.slice(7) : word;
  const isRelative = text.endsWith('%');
  if (!isRelative && text === word) return false;
  const weight = parseInteger(isRelative ? text.slice(0, -1) : text);
  if (weight < 0) return false;
  const factor = isRelative ? weight / 100 : Math.min(weight, WEIGHT_MAX) / configuredWeight;
  report.weight = configuredWeight > 0 ? Math.min(factor, WEIGHT_MAX / configuredWeight) : 0;
  return true;
}

/** -1 unless the text is one to nine digits. */
function parseInteger(text: string): number {
  if (text.length === 0 || text.length > 9) return -1;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function isSeparator(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x2c;
}

function endOfLine(line: string): number {
  const length = Math.min(line.length, LENGTH_MAX);
  for (let at = 0; at < length; at++) if (line.charCodeAt(at) === 0x0a || line.charCodeAt(at) === 0x0d) return at;
  return length;
}
