/** The targets of a layer 4 listener as a worker runs them: which services serve a TLS name, and one of them by weight. */
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/time.ts';
import { WeightedChoice } from '../../core/balancing/weighted-choice.ts';
import { SniTable } from '../../core/tls/sni-table.ts';
import type { StreamTarget } from '../../config/plan.ts';
import type { ServiceCore } from '../service/service-core.ts';
import { StreamService } from './stream-service.ts';

type Choice = WeightedChoice<StreamService>;

export class TargetTable {
  /** Each once, whatever leads to it. */
  readonly services: readonly StreamService[];
  private readonly byName: SniTable<Choice>;
  /** Those that no target leads to any more, and that still have calls: somebody must see to them. */
  private leaving: readonly StreamService[];

  /** @param find A service of this worker by name. @param before What ran until now: a service that stays keeps who waits for it. */
  constructor(targets: readonly StreamTarget[], find: (name: string) => ServiceCore | undefined, before: TargetTable | null) {
    const services = new Map<string, StreamService>();
    const old = before === null ? [] : [...before.services, ...before.leaving];
    const known = new Map(old.map((service) => [service.core, service]));
    const serviceOf = (name: string): StreamService => {
      let service = services.get(name);
      if (service !== undefined) return service;
      const core = find(name)!;
      service = known.get(core) ?? new StreamService(core);
      services.set(name, service);
      return service;
    };
    const named = new Map<string, Choice>();
    let anyName: Choice | null = null;
    for (const target of targets) {
      const choice: Choice = new WeightedChoice(target.services.map(({ service, weight }) => [serviceOf(service), weight] as const));
      for (const name of target.serverNames) named.set(name, choice);
      if (target.serverNames.length === 0) anyName ??= choice;
    }
    this.byName = new SniTable(named, anyName);
    this.services = [...services.values()];
    this.leaving = old.filter((service) => !this.services.includes(service));
  }

  /** A service for this name: exact, then wildcard, then any. @param name Lower case; null when there is none. @returns Null when no target fits. */
  find(name: string | null, random: Random): StreamService | null {
    const choice = this.byName.pick(name);
    return choice === null ? null : choice.draw(random);
  }

  /** Each sweep: who waits too long is let go. @returns Whether something about endpoints has changed since the last look. */
  expire(now: Instant): boolean {
    let isChanged = false;
    for (const service of this.services) if (service.expire(now)) isChanged = true;
    for (const service of this.leaving) if (service.expire(now)) isChanged = true;
    if (this.leaving.length > 0) this.leaving = this.leaving.filter((service) => service.calls > 0);
    return isChanged;
  }
}
