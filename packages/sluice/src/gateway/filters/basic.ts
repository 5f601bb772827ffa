/** `basic`: lets in users with their passwords (RFC 7617). Unknown users cost what known ones do, so that nobody learns from the time who there is. */
import type { BasicPlan } from '../../config/filters/basic-plan.ts';
import { isPassword } from '../../io/password.ts';
import { readBasicCredentials } from '../credentials/basic-credentials.ts';
import { partName } from '../credentials/part-name.ts';
import { type SecretAnswer, SecretCheck } from '../credentials/secret-check.ts';
import { claimText } from '../../core/jwt/claim-text.ts';
import { type CompiledEdits, dropsOf } from '../exchange/header-edits.ts';
import { type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

export const filter: FilterModule<'basic'> = {
  create: (options, context) => new BasicStage(options, context),
};

class BasicStage implements Stage {
  private readonly hashes: ReadonlyMap<string, string>;
  /** What a password of an unknown user is compared with; never right. */
  private readonly decoy: string;
  private readonly check: SecretCheck;
  private readonly userHeader: string | null;
  private readonly drops: string;
  private readonly refusal: { readonly status: number; readonly fields: string };

  constructor({ users, realm, userHeader, forwardsCredentials }: BasicPlan, { shared, worker }: FilterContext) {
    this.hashes = new Map(users.map(({ name, hash }) => [name.normalize('NFC'), hash]));
    this.decoy = users[0]!.hash;
    this.check = shared.get(partName('basic', users), () => new SecretCheck(worker.clock));
    this.userHeader = userHeader;
    this.drops = dropsOf([...(userHeader === null ? [] : [userHeader]), ...(forwardsCredentials ? [] : ['authorization'])]);
    this.refusal = { status: 401, fields: `WWW-Authenticate: Basic realm="${realm}", charset="UTF-8"\r\n` };
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const credentials = readBasicCredentials(pass.view.header('authorization'));
    if (credentials === null) return pass.answer(this.refusal);
    const { name, password } = credentials;
    const known = this.hashes.get(name);
    const hash = known ?? this.decoy;
    const verify = async (): Promise<boolean> => (await isPassword(password, hash)) && known !== undefined;
    const answer = this.check.check(`${name}\0${hash}`, password, verify);
    if (answer instanceof Promise) return pass.wait(answer.then((found) => this.settle(pass, name, found)));
    return this.settle(pass, name, answer);
  }

  private settle(pass: RequestPass, name: string, answer: SecretAnswer): FilterVerdict {
    if (pass.exchange.isOver) return PASS;
    if (answer === null) return pass.answer({ status: 503, fields: 'Retry-After: 1\r\n' });
    if (!answer) return pass.answer(this.refusal);
    pass.exchange.user = name;
    if (this.drops !== '') pass.edit(this.editsFor(name));
    return PASS;
  }

  private editsFor(name: string): CompiledEdits {
    const text = this.userHeader === null ? null : claimText(name);
    return { drops: this.drops, lines: text === null ? '' : `${this.userHeader}: ${text}\r\n` };
  }
}
