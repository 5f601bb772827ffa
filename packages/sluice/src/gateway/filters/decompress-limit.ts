/**
 * Decodes compressed requests under bounds, or checks them, so that no service, and no filter that follows, meets a decompression bomb. The content is gathered first (up to the bound), decoded in one piece
 * on the thread pool, and only then goes on: decoded as it comes, a service would have got most of a bomb before it is known for one, a broken request could not be answered any more, and a firewall
 * behind us would have nothing to look at. The price is memory, `max` per such request, and the time until its last byte is here.
 */
import type { DecompressLimitPlan } from '../../config/filters/decompress-limit-plan.ts';
import { ACCEPTED_CODINGS, decodedBytesMax, requestCoding } from '../../core/compression/content-coding.ts';
import { type DecodableCoding, type DecodeFailure, Decoder } from '../decompression/decoder.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import { waitForContent } from '../exchange/content-wait.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ANSWERED, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

const ANSWERS: Readonly<Record<DecodeFailure, OwnAnswer>> = {
  large: { status: 413 },
  broken: { status: 400 },
  busy: { status: 503, fields: 'Retry-After: 1\r\n' },
};
/** RFC 9110 §15.5.16. */
const UNSUPPORTED: OwnAnswer = { status: 415, fields: `Accept-Encoding: ${ACCEPTED_CODINGS}\r\n` };

/** True of the coded bytes, and of no others. */
const CODED_FIELDS = { drops: ',content-encoding,content-md5,digest,content-digest,repr-digest,', lines: '' };

class DecompressLimitStage implements Stage {
  private readonly plan: DecompressLimitPlan;
  private readonly decoder: Decoder;
  private readonly worker: WorkerContext;

  constructor(plan: DecompressLimitPlan, decoder: Decoder, worker: WorkerContext) {
    this.plan = plan;
    this.decoder = decoder;
    this.worker = worker;
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { exchange, view } = pass;
    if (exchange.isRequestDone && exchange.partsBytes === 0) return PASS;
    const value = view.header('content-encoding');
    if (value === null) return PASS;
    const coding = requestCoding(value);
    if (coding === 'none') return PASS;
    if (coding === 'unsupported') return refused(pass, UNSUPPORTED);
    if (view.parser.contentLength > this.plan.bytesMax) return refused(pass, ANSWERS.large);
    return pass.wait(this.decode(pass, coding));
  }

  private async decode(pass: RequestPass, coding: DecodableCoding): Promise<FilterVerdict> {
    const { exchange } = pass;
    const { bytesMax, ratioMax, mode } = this.plan;
    const content = await waitForContent(exchange, bytesMax, this.worker);
    if (content === 'gone' || exchange.isOver) return ANSWERED;
    if (content === 'large') return refused(pass, ANSWERS.large);
    const decoded = await this.decoder.decode(content, coding, decodedBytesMax(content.length, bytesMax, ratioMax));
    if (exchange.isOver) return ANSWERED;
    if (typeof decoded === 'string') return refused(pass, ANSWERS[decoded]);
    if (mode === 'decode') putDecoded(pass, decoded);
    return PASS;
  }
}

/** The request goes on as if it had come without its coding. */
function putDecoded(pass: RequestPass, decoded: Buffer): void {
  const { exchange, view } = pass;
  const kind = decoded.length === 0 ? 'none' : 'length';
  exchange.replaceBody(decoded);
  exchange.bodyKind = kind;
  view.parser.bodyKind = kind;
  view.parser.contentLength = decoded.length;
  pass.edit(CODED_FIELDS);
}

function refused(pass: RequestPass, answer: OwnAnswer): typeof ANSWERED {
  if (answer.status < 500) pass.exchange.outcome = 'client-error';
  return pass.answer(answer);
}

export const filter: FilterModule<'decompressLimit'> = {
  create: (options, { shared, worker }) =>
    new DecompressLimitStage(
      options,
      shared.get('decoder', () => new Decoder()),
      worker,
    ),
};
