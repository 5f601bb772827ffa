/** How a group's runner tells people: what is said again in the same words, because somebody asks each second, is said once; an outage is said once, and its end. */
import type { SayEvent } from '../say-event.ts';
import type { GroupFault } from './group.ts';

export class GroupVoice {
  readonly #say: SayEvent;
  readonly #service: string;
  readonly #title: string;
  readonly #said = new Map<string, string>();
  #outage: GroupFault['kind'] | null = null;

  /** @param title Of the group: `Deployment shop/users`. */
  constructor(say: SayEvent, service: string, title: string) {
    this.#say = say;
    this.#service = service;
    this.#title = title;
  }

  say(level: 'info' | 'warn' | 'error', what: string, detail: string): void {
    this.#say(level, what, { service: this.#service, reason: `${this.#title}: ${detail}` });
  }

  once(level: 'info' | 'warn', what: string, detail: string): void {
    if (this.#said.get(what) === detail) return;
    this.#said.set(what, detail);
    this.say(level, what, detail);
  }

  changedElsewhere(from: number, to: number): void {
    const remedy = 'if an autoscaler does that, let only one of the two decide';
    this.once('warn', 'replicas-changed-elsewhere', `from ${from} to ${to}, not by Sluice; taken over (${remedy})`);
  }

  failed({ kind, message }: GroupFault): void {
    if (kind === this.#outage) return;
    this.#outage = kind;
    if (kind === 'away') this.say('warn', 'engine-away', `${message}; instances stay as they are, tried again`);
    else this.say('error', 'engine-refused', message);
  }

  recovered(): void {
    if (this.#outage === 'away') this.say('info', 'engine-back', 'it answers again');
    this.#outage = null;
  }
}
