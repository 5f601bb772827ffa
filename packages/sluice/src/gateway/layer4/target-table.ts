/** The targets of a layer 4 listener as a worker runs them: which services serve a TLS name, and one of them by weight. */
import type { Random } from '../../base/random.ts';
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

  /** @param find A service of this worker by name. @param before What ran until now: a service that stays keeps who waits for it. */
  constructor(targets: readonly StreamTarget[], find: (name: string) => ServiceCore | undefined, before: TargetTable | null) {
    const services = new Map<string, StreamService>();
    const known = new Map(before?.services.map((service) => [service.core, service]));
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
  }

  /** A service for this name: exact, then wildcard, then any. @param name Lower case; null when there is none. @returns Null when no target fits. */
  find(name: string | null, random: Random): StreamService | null {
    const choice = this.byName.pick(name);
    return choice === null ? null : choice.draw(random);
  }
}
