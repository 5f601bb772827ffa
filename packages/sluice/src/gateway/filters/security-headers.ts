/** What browsers are told to be careful about, in every reply, ours among them. What the service or another filter says stands, unless it is to be overridden. */
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import { equalsIgnoringCase } from '../../core/http1/framing.ts';
import type { Attempt, Client, Exchange } from '../exchange/exchange.ts';
import { dropsOf } from '../exchange/header-edits.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import { type FilterModule, PASS } from './filter.ts';

/** A field: its name in lower case, and its line. */
interface Said {
  readonly lower: string;
  readonly line: string;
}

export const filter: FilterModule<'securityHeaders'> = {
  create({ fields, hsts, removes, overrides }) {
    const plain = fields.map(([name, value]) => said(name, value));
    const secure = hsts === '' ? plain : [said('Strict-Transport-Security', hsts), ...plain];
    const edits = { plain: editsOf(plain, removes), secure: editsOf(secure, removes) };
    const removal = { drops: dropsOf(removes), lines: '' };
    return {
      onRequest(pass) {
        const { exchange } = pass;
        const isSecure = pass.isTls && (overrides || pass.listener.hstsLine === ''); // a listener that says it by itself has said it
        if (overrides) exchange.addReplyEdits(isSecure ? edits.secure : edits.plain);
        else {
          if (removal.drops !== '') exchange.addReplyEdits(removal);
          exchange.client = new SecurityClient(exchange.client, isSecure ? secure : plain);
        }
        return PASS;
      },
    };
  },
};

function said(name: string, value: string): Said {
  return { lower: name.toLowerCase(), line: `${name}: ${value}\r\n` };
}

function editsOf(fields: readonly Said[], removes: readonly string[]): { drops: string; lines: string } {
  return { drops: dropsOf([...removes, ...fields.map(({ lower }) => lower)]), lines: fields.map(({ line }) => line).join('') };
}

/** Adds what the reply does not say. */
class SecurityClient extends PassingClient {
  private readonly fields: readonly Said[];

  constructor(client: Client, fields: readonly Said[]) {
    super(client);
    this.fields = fields;
  }

  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    let lines = '';
    const said = exchange.responseEdits.lines.toLowerCase();
    for (const { lower, line } of this.fields) if (!says(said, lower) && !hasField(attempt.parser, bytes, start, lower)) lines += line;
    exchange.editReply({ drops: '', lines });
    return this.client.onResponseHead(exchange, attempt, bytes, start);
  }

  override replyOwn(exchange: Exchange, answer: OwnAnswer): void {
    const said = ((answer.fields ?? '') + (exchange.filterEdits?.lines ?? '')).toLowerCase();
    const missing = this.fields.filter(({ lower }) => !says(said, lower));
    exchange.addReplyEdits(editsOf(missing, []));
    this.client.replyOwn(exchange, answer);
  }
}

/** @param lines In lower case: of the route, of other filters, of a reply of ours. */
function says(lines: string, lower: string): boolean {
  return lines.startsWith(`${lower}:`) || lines.includes(`\n${lower}:`);
}

function hasField({ fields: { offsets, count }, fieldsStart }: Attempt['parser'], bytes: Buffer, start: number, lower: string): boolean {
  const section = start + fieldsStart;
  for (let at = 0; at < count << 2; at += 4) {
    if (equalsIgnoringCase(bytes, section + offsets[at]!, section + offsets[at + 1]!, lower)) return true;
  }
  return false;
}
