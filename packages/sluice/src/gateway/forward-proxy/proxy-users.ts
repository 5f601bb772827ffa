/** Who may use a forward proxy: users with their passwords, as Proxy-Authorization brings them. Unknown users cost what known ones do, so that nobody learns from the time who there is. */
import type { Clock } from '../../base/time.ts';
import type { BasicPlan } from '../../config/filters/basic-plan.ts';
import { isPassword } from '../../io/password.ts';
import { readBasicCredentials } from '../credentials/basic-credentials.ts';
import { SecretCheck } from '../credentials/secret-check.ts';

/** A user's name; null: nobody's password; `busy`: too many wait for theirs to be checked. */
export type UserVerdict = { readonly name: string } | null | 'busy';

export class ProxyUsers {
  /** Field line of a refusal, with CRLF. */
  readonly challenge: string;
  private readonly hashes: ReadonlyMap<string, string>;
  /** What a password of an unknown user is compared with; never right. */
  private readonly decoy: string;
  private readonly check: SecretCheck;

  constructor({ users, realm }: BasicPlan, clock: Clock) {
    this.challenge = `Proxy-Authenticate: Basic realm="${realm}", charset="UTF-8"\r\n`;
    this.hashes = new Map(users.map(({ name, hash }) => [name.normalize('NFC'), hash]));
    this.decoy = users[0]!.hash;
    this.check = new SecretCheck(clock);
  }

  /** @param field Value of Proxy-Authorization. Rejects where a hash cannot be computed. */
  verify(field: string | null): UserVerdict | Promise<UserVerdict> {
    const credentials = readBasicCredentials(field);
    if (credentials === null) return null;
    const { name, password } = credentials;
    const known = this.hashes.get(name);
    const hash = known ?? this.decoy;
    const answer = this.check.check(`${name}\0${hash}`, password, async () => (await isPassword(password, hash)) && known !== undefined);
    const verdict = (isRight: boolean | null): UserVerdict => (isRight === null ? 'busy' : isRight ? { name } : null);
    return answer instanceof Promise ? answer.then(verdict) : verdict(answer);
  }

  close(): void {
    this.check.close();
  }
}
