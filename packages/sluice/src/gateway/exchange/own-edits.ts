/** What filters say in every reply (CORS, security headers, rate limits) holds for replies of our own, too: a browser that may not read a 503 cannot tell its user of it. */
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { Exchange } from './exchange.ts';
import { keptLines } from './header-edits.ts';

/** The answer with what the exchange's filters add to it and take from it. */
export function withFilterEdits(exchange: Exchange, answer: OwnAnswer): OwnAnswer {
  const edits = exchange.filterEdits;
  if (edits === null) return answer;
  return { ...answer, fields: keptLines(answer.fields ?? '', edits.drops) + edits.lines };
}
