/** Reads the parts of a limit's key from a request on its way through the filters. One per worker, pointed at each request in turn. */
import { readCookie } from '../../core/affinity/cookie-header.ts';
import type { KeySource } from '../../core/rate-limiting/key.ts';
import type { RequestPass } from '../exchange/request-pass.ts';
import { parameterIn } from '../exchange/request-view.ts';

export class RequestKey implements KeySource {
  #pass!: RequestPass;

  point(pass: RequestPass): void {
    this.#pass = pass;
  }

  get address(): string | null {
    return this.#pass.exchange.clientAddress || null;
  }

  get method(): string {
    return this.#pass.exchange.method;
  }

  get route(): string {
    return this.#pass.route.plan.name;
  }

  get host(): string {
    return this.#pass.view.host;
  }

  header(name: string): string | null {
    return this.#pass.view.header(name);
  }

  cookie(name: string): string | null {
    return readCookie(this.#pass.view.header('cookie') ?? '', name);
  }

  query(name: string): string | null {
    return parameterIn(this.#pass.view.query ?? '', name);
  }

  claim(name: string): string | null {
    const value = this.#pass.exchange.claims?.[name];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
  }
}
