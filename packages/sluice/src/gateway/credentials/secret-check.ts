/**
 * Slow hashes on the request path. A right answer is remembered for a minute and a wrong one for some seconds, under an HMAC with a key of this process, so that neither the memory nor a dump
 * of it has a password in it. What is not known waits in a bounded line: hashing shares Node's thread pool with files and signatures, of which it may take half.
 *
 * Cost: known 3 µs, else the hash. Bounds: 2 at a time, 64 in line, 4096 answers per generation.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/time.ts';
import { RecentMap } from './recent-map.ts';
import type { SharedPart } from '../filters/shared-parts.ts';

const RIGHT_MS = 60_000;
const WRONG_MS = 5_000;
const ANSWERS_MAX = 4_096;
const RUNNING_MAX = 2;
const LINE_MAX = 64;

/** Null: too many are waiting. */
export type SecretAnswer = boolean | null;

export class SecretCheck implements SharedPart {
  private readonly clock: Clock;
  private readonly key = randomBytes(32);
  private readonly answers = new RecentMap<{ readonly isRight: boolean; readonly untilMs: number }>(ANSWERS_MAX, Infinity);
  private readonly pending = new Map<string, Promise<SecretAnswer>>();
  private readonly line: (() => void)[] = [];
  private running = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * The answer where it is known, else that of `verify`.
   * @param about What the answer depends on beside the secret: the user and the hash.
   * @param verify Must not depend on anything else.
   */
  check(about: string, secret: string, verify: () => Promise<boolean>): SecretAnswer | Promise<SecretAnswer> {
    const name = createHmac('sha256', this.key).update(`${about}\0${secret}`).digest('latin1');
    const known = this.answers.get(name);
    if (known !== undefined && this.clock.now() < known.untilMs) return known.isRight;
    const waiting = this.pending.get(name);
    if (waiting !== undefined) return waiting;
    if (this.running >= RUNNING_MAX && this.line.length >= LINE_MAX) return null;
    const answer = this.run(name, verify).finally(() => this.pending.delete(name));
    this.pending.set(name, answer);
    return answer;
  }

  close(): void {
    this.pending.clear();
  }

  private async run(name: string, verify: () => Promise<boolean>): Promise<boolean> {
    if (this.running >= RUNNING_MAX) await new Promise<void>((resolve) => this.line.push(resolve));
    else this.running++;
    try {
      const isRight = await verify();
      this.answers.set(name, { isRight, untilMs: this.clock.now() + (isRight ? RIGHT_MS : WRONG_MS) });
      return isRight;
    } finally {
      const next = this.line.shift();
      if (next === undefined) this.running--;
      else next(); // its place goes on
    }
  }
}
