/** Which node the arrow keys lead to: up and down within a column, left and right along the links, or else to the nearest of the next column that has nodes. */
import type { Place } from './map-layout.ts';
import { COLUMNS } from './traffic-map.ts';
import type { MapNode, TrafficMap } from './traffic-map.ts';

type Places = ReadonlyMap<MapNode, Place>;

/** @param key As the keyboard's event has it: `ArrowUp`. @returns The node itself where there is no way on; null: the key leads nowhere. */
export function stepFrom(map: TrafficMap, places: Places, node: MapNode, key: string): MapNode | null {
  switch (key) {
    case 'ArrowUp':
      return within(map, node, -1);
    case 'ArrowDown':
      return within(map, node, 1);
    case 'ArrowLeft':
      return across(map, places, node, -1);
    case 'ArrowRight':
      return across(map, places, node, 1);
    default:
      return null;
  }
}

function within(map: TrafficMap, node: MapNode, by: 1 | -1): MapNode {
  const column = map.columns[node.column];
  return column[column.indexOf(node) + by] ?? node;
}

function across(map: TrafficMap, places: Places, node: MapNode, by: 1 | -1): MapNode {
  const [near, far] = by === 1 ? (['from', 'to'] as const) : (['to', 'from'] as const);
  const linked = map.links.flatMap((link) => (link[near] === node ? [link[far]] : []));
  return nearest(linked.length === 0 ? beside(map, node, by) : linked, places, node);
}

function beside(map: TrafficMap, { column }: MapNode, by: 1 | -1): readonly MapNode[] {
  for (let c = COLUMNS.indexOf(column) + by; c >= 0 && c < COLUMNS.length; c += by) {
    const nodes = map.columns[COLUMNS[c]!];
    if (nodes.length > 0) return nodes;
  }
  return [];
}

function nearest(nodes: readonly MapNode[], places: Places, node: MapNode): MapNode {
  const away = (other: MapNode) => Math.abs(places.get(other)!.y - places.get(node)!.y);
  return nodes.reduce<MapNode | null>((best, other) => (best === null || away(other) < away(best) ? other : best), null) ?? node;
}
