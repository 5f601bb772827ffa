/** The links that lead to a node and on from it, through all columns: what is lit when one points at it. */
import type { MapNode, TrafficMap } from './traffic-map.ts';

/** @returns Indexes into `map.links`. */
export function linksThrough(map: TrafficMap, node: MapNode): ReadonlySet<number> {
  const found = new Set<number>();
  walk(map, node, 'from', 'to', found);
  walk(map, node, 'to', 'from', found);
  return found;
}

/** Links go from left to right only, so it ends. */
function walk(map: TrafficMap, node: MapNode, near: 'from' | 'to', far: 'from' | 'to', found: Set<number>): void {
  map.links.forEach((link, i) => {
    if (link[near] !== node || found.has(i)) return;
    found.add(i);
    walk(map, link[far], near, far, found);
  });
}
