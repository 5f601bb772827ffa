/** The versions of one service: their names, what each runs, which one is current, and what was current before. */
import { assert } from '../../base/assert.ts';
import type { RunPlan } from '../../config/fleet-plan.ts';
import { withLife } from './fleet-change.ts';
import type { Version } from './runner.ts';

/** Older ones can be forgotten: nobody rolls back so far. */
const VERSIONS_MAX = 20;
const NAME = /^[A-Za-z0-9][\w.-]{0,62}$/;

export class VersionBook {
  /** The current one last. Those that never became current stand before those that did. */
  #versions: Version[];
  /** So many at the end of `#versions` were current, one after the other. */
  #currents = 1;
  #created: number;

  constructor(versions: readonly Version[]) {
    assert(versions.length > 0, 'a service has a version');
    this.#versions = [...versions];
    this.#currents = versions.length;
    this.#created = Math.max(versions.length, ...versions.map(({ name }) => Number(/^v(\d{1,9})$/.exec(name)?.[1] ?? 0)));
  }

  get current(): Version {
    return this.#versions.at(-1)!;
  }

  /** What was current before; null: nothing was. */
  get previous(): Version | null {
    return this.#currents < 2 ? null : this.#versions.at(-2)!;
  }

  get all(): readonly Version[] {
    return this.#versions;
  }

  /** What is worth keeping over a restart in which `becoming` is to be the current one. */
  record(becoming: string): readonly Version[] {
    const were = this.#versions.slice(-this.#currents).filter(({ name }) => name !== becoming);
    const next = this.find(becoming);
    return next === undefined ? were : [...were, next];
  }

  find(name: string): Version | undefined {
    return this.#versions.find((version) => version.name === name);
  }

  /** @returns Why a version cannot have this name; null when it can. */
  refuse(name: string): string | null {
    // Shares are kept by version: a name that every object has would be found without being there.
    if (!NAME.test(name) || name in {}) return `a version's name must be 1..63 letters, digits and ._-, got "${name}"`;
    return this.find(name) === undefined ? null : `there is a version "${name}" already: choose another name`;
  }

  /** A new version, not current yet. @param name Made up unless given. */
  create(run: RunPlan, name?: string): Version {
    let free = name ?? `v${++this.#created}`;
    while (name === undefined && this.find(free) !== undefined) free = `v${++this.#created}`;
    const version: Version = { name: free, run };
    this.#versions.splice(this.#versions.length - this.#currents, 0, version);
    if (this.#versions.length > VERSIONS_MAX) this.#forget(version);
    return version;
  }

  makeCurrent(name: string): void {
    if (name === this.current.name) return;
    const index = this.#versions.findIndex((version) => version.name === name);
    assert(index >= 0, 'a version that becomes current is known');
    const [version] = this.#versions.splice(index, 1);
    if (index < this.#versions.length + 1 - this.#currents) this.#currents++;
    this.#versions.push(version!);
  }

  /** All of them live by these settings from now on. */
  relive(run: RunPlan): void {
    this.#versions = this.#versions.map((version) => ({ ...version, run: withLife(version.run, run) }));
  }

  /** The oldest one goes, whatever it was. */
  #forget(kept: Version): void {
    const index = this.#versions.findIndex((version) => version !== kept);
    if (index >= this.#versions.length - this.#currents) this.#currents--;
    this.#versions.splice(index, 1);
  }
}
