/** What must hold between the steps of a policy: each says one thing, and no figure asks for more and for fewer at once. */
import { type LevelPlace, readLevel } from '../compile-fleet-level.ts';
import type { Path } from '../fault.ts';
import { rawField, rawList, rawObject, type Report } from '../raw.ts';
import { STEPS_MAX } from '../schema/scale-policy.ts';

interface Bound {
  readonly value: number;
  readonly index: number;
}

/** Reports faults of a list of steps. */
export function checkSteps(steps: unknown, place: LevelPlace, path: Path, report: Report): void {
  const bounds: { readonly above: Bound[]; readonly below: Bound[] } = { above: [], below: [] };
  // The schema refuses more.
  const listed = rawList(steps).slice(0, STEPS_MAX);
  listed.forEach((step, index) => {
    if (rawObject(step) !== step) return;
    const at = [...path, index];
    const when = oneOf(step, ['above', 'below'], at, report);
    const change = oneOf(step, ['add', 'remove'], at, report);
    if (when === null) return;
    const given = rawField(step, when);
    const level = readLevel(given, place);
    if (!level.ok) return report({ path: [...at, when], what: level.allowed, value: given });
    const twin = bounds[when].find(({ value }) => value === level.value);
    if (twin !== undefined) report({ path: [...at, when], what: `is the bound of steps[${twin.index}], too` });
    bounds[when].push({ value: level.value, index });
    const isBackwards = (when === 'above') !== (change === 'add') && change !== null && place.signal !== null;
    if (isBackwards) {
      const what = when === 'above' ? 'must add: more of this signal is more load' : 'must remove: less of this signal is less load';
      report({ path: at, what });
    }
  });
  checkGap(bounds.above, bounds.below, path, report);
}

function oneOf<Key extends string>(step: unknown, keys: readonly [Key, Key], path: Path, report: Report): Key | null {
  const given = keys.filter((key) => rawField(step, key) !== undefined);
  if (given.length === 1) return given[0] ?? null;
  report({ path, what: `must have exactly one of ${keys.join(' and ')}, but has ${given.length === 0 ? 'none' : 'both'}` });
  return null;
}

function checkGap(above: readonly Bound[], below: readonly Bound[], path: Path, report: Report): void {
  const lowest = above.toSorted((left, right) => left.value - right.value)[0];
  const highest = below.toSorted((left, right) => right.value - left.value)[0];
  if (lowest === undefined || highest === undefined || highest.value < lowest.value) return;
  const what = `must be less than above in steps[${lowest.index}], or both hold at once`;
  report({ path: [...path, highest.index, 'below'], what });
}
