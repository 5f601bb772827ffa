/**
 * `apiKey`: lets in who shows a key. Keys are looked up by an HMAC of their digest with a key of this process: how long a look-up takes says nothing that helps to guess one. 5 µs a request.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { ApiKeyEntry, ApiKeyPlan } from '../../config/filters/api-key-plan.ts';
import { frozen } from '../../core/jwt/claims.ts';
import { claimText } from '../../core/jwt/claim-text.ts';
import { fastKeyHash } from '../../core/passwords/key-hash.ts';
import { isPassword } from '../../io/password.ts';
import { partName } from '../credentials/part-name.ts';
import { SecretCheck } from '../credentials/secret-check.ts';
import { type CompiledEdits, dropsOf } from '../exchange/header-edits.ts';
import { parameterIn, type RequestView } from '../exchange/request-view.ts';
import { stripToken } from '../jwt/token-place.ts';
import { type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

/** Longer ones are nobody's. */
const KEY_MAX = 1_024;
/** RFC 9110 §11.6.1: a 401 names a scheme. */
const REFUSAL = { status: 401, fields: 'WWW-Authenticate: ApiKey\r\n' };

export const filter: FilterModule<'apiKey'> = {
  create: (options, context) => new ApiKeyStage(options, context),
};

/** A key's owner, with what it does to a request. */
interface Owner {
  readonly entry: ApiKeyEntry;
  readonly edits: CompiledEdits;
}

class ApiKeyStage implements Stage {
  private readonly options: ApiKeyPlan;
  private readonly secret = randomBytes(32);
  private readonly owners = new Map<string, Owner>();
  private readonly slow: readonly Owner[];
  private readonly check: SecretCheck;

  constructor(options: ApiKeyPlan, { shared, worker }: FilterContext) {
    this.options = options;
    const { nameHeader, forwardsKey, header } = options;
    const drops = dropsOf([...(nameHeader === null ? [] : [nameHeader]), ...(forwardsKey ? [] : [header])]);
    const slow: Owner[] = [];
    for (const entry of options.keys) {
      const text = nameHeader === null ? null : claimText(entry.name);
      frozen(entry.claims);
      const owner = { entry, edits: { drops, lines: text === null ? '' : `${nameHeader}: ${text}\r\n` } };
      const digest = fastKeyHash(entry.hash);
      if (digest === null) slow.push(owner);
      else this.owners.set(this.place(Buffer.from(digest, 'hex')), owner);
    }
    this.slow = slow;
    this.check = shared.get(partName('apiKey', options.keys), () => new SecretCheck(worker.clock));
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const key = this.keyOf(pass.view);
    if (key === null || key === '' || key.length > KEY_MAX) return pass.answer(REFUSAL);
    const owner = this.owners.get(this.place(createHash('sha256').update(key, 'latin1').digest()));
    if (owner !== undefined) return this.admit(pass, owner);
    return this.slow.length === 0 ? pass.answer(REFUSAL) : pass.wait(this.trySlow(pass, key));
  }

  private async trySlow(pass: RequestPass, key: string): Promise<FilterVerdict> {
    for (const owner of this.slow) {
      const { hash } = owner.entry;
      const answer = await this.check.check(hash, key, () => isPassword(key, hash));
      if (pass.exchange.isOver) return PASS;
      if (answer === null) return pass.answer({ status: 503, fields: 'Retry-After: 1\r\n' });
      if (answer) return this.admit(pass, owner);
    }
    return pass.answer(REFUSAL);
  }

  /** The field's, else the parameter's; a field that is there twice is no key. */
  private keyOf(view: RequestView): string | null {
    const key = view.header(this.options.header);
    if (key !== null || this.options.query === null || view.query === null) return key;
    return decoded(parameterIn(view.query, this.options.query));
  }

  private admit(pass: RequestPass, { entry, edits }: Owner): FilterVerdict {
    pass.exchange.claims = entry.claims;
    pass.exchange.user = entry.name;
    if (edits.drops !== '') pass.edit(edits);
    const { query, forwardsKey } = this.options;
    if (query !== null && !forwardsKey) stripToken(pass, 'query', query);
    return PASS;
  }

  private place(digest: Buffer): string {
    return createHmac('sha256', this.secret).update(digest).digest('latin1');
  }
}

function decoded(value: string | null): string | null {
  if (value === null || !value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
