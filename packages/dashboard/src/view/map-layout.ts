/**
 * Where the map's nodes stand and how its bands run, in CSS pixels. Nodes stand still while the structure is the same; a band's width is its rate. All bands have one scale (pixels per request),
 * the largest at which no node's bands are higher than its room; at both ends of a band its neighbours lie beside it, in the order of the nodes they lead to, so that they do not cross there.
 */
import type { Flow } from './map-rates.ts';
import { COLUMNS } from './traffic-map.ts';
import type { MapNode, TrafficMap } from './traffic-map.ts';

export interface MapFrame {
  readonly height: number;
  readonly nodeWidth: number;
  readonly places: ReadonlyMap<MapNode, Place>;
}

export interface Place {
  readonly x: number;
  /** Of the middle. */
  readonly y: number;
  /** Height that its bands may have. */
  readonly room: number;
}

export interface Band {
  /** SVG path of its middle line. */
  readonly path: string;
  /** Stroke widths; 0: nothing flows. */
  readonly width: number;
  readonly errorWidth: number;
}

const ROW = 32;
/** Beyond so many rows they are lower, so that the map is not two screens high. */
const ROWS_ROOMY = 20;
const ROW_LOW = 25;
const HEIGHT_MIN = 216;
const ROOM_MAX = 56;
const THIN = 1.5;
/** Shares of the width: nodes, and the space between their columns. */
const NODE_SHARE = 0.16;
const NODE_MAX = 230;

export function frameOf(map: TrafficMap, width: number): MapFrame {
  const rows = Math.max(...COLUMNS.map((column) => map.columns[column].length));
  const height = Math.max(HEIGHT_MIN, rows * (rows > ROWS_ROOMY ? ROW_LOW : ROW));
  const nodeWidth = Math.min(NODE_MAX, Math.round(width * NODE_SHARE));
  const step = (width - nodeWidth) / (COLUMNS.length - 1);
  const places = new Map<MapNode, Place>();
  COLUMNS.forEach((column, c) => {
    const nodes = map.columns[column];
    const pitch = height / Math.max(1, nodes.length);
    const room = Math.min(ROOM_MAX, pitch - 6);
    nodes.forEach((node, i) => places.set(node, { x: c * step, y: (i + 0.5) * pitch, room }));
  });
  return { height, nodeWidth, places };
}

export function bandsOf(map: TrafficMap, frame: MapFrame, flows: readonly Flow[]): readonly Band[] {
  const scale = scaleOf(map, frame, flows);
  const starts = offsets(map, frame, flows, scale, 'from');
  const ends = offsets(map, frame, flows, scale, 'to');
  return map.links.map(({ from, to }, i) => {
    const a = frame.places.get(from)!;
    const b = frame.places.get(to)!;
    const { rps, errorRps } = flows[i]!;
    return {
      path: curve(a.x + frame.nodeWidth, a.y + starts[i]!, b.x, b.y + ends[i]!),
      width: rps === 0 ? 0 : Math.max(THIN, rps * scale),
      errorWidth: errorRps === 0 ? 0 : Math.max(THIN, errorRps * scale),
    };
  });
}

/** Pixels per request and second. */
function scaleOf(map: TrafficMap, frame: MapFrame, flows: readonly Flow[]): number {
  const out = new Map<MapNode, number>();
  const into = new Map<MapNode, number>();
  map.links.forEach(({ from, to }, i) => {
    out.set(from, (out.get(from) ?? 0) + flows[i]!.rps);
    into.set(to, (into.get(to) ?? 0) + flows[i]!.rps);
  });
  let scale = Number.POSITIVE_INFINITY;
  for (const sums of [out, into]) for (const [node, rps] of sums) if (rps > 0) scale = Math.min(scale, frame.places.get(node)!.room / rps);
  return Number.isFinite(scale) ? scale : 0;
}

/** How far from its node's middle each link begins (or ends): stacked in the order of the other ends. */
function offsets(map: TrafficMap, frame: MapFrame, flows: readonly Flow[], scale: number, side: 'from' | 'to'): number[] {
  const other = side === 'from' ? 'to' : 'from';
  const byNode = new Map<MapNode, number[]>();
  map.links.forEach((link, i) => {
    const list = byNode.get(link[side]);
    if (list === undefined) byNode.set(link[side], [i]);
    else list.push(i);
  });
  const result = new Array<number>(map.links.length).fill(0);
  for (const indexes of byNode.values()) {
    indexes.sort((a, b) => frame.places.get(map.links[a]![other])!.y - frame.places.get(map.links[b]![other])!.y);
    const sum = indexes.reduce((total, i) => total + flows[i]!.rps * scale, 0);
    let at = -sum / 2;
    for (const i of indexes) {
      const width = flows[i]!.rps * scale;
      result[i] = at + width / 2;
      at += width;
    }
  }
  return result;
}

function curve(x0: number, y0: number, x1: number, y1: number): string {
  const middle = (x0 + x1) / 2;
  return `M${n(x0)} ${n(y0)}C${n(middle)} ${n(y0)} ${n(middle)} ${n(y1)} ${n(x1)} ${n(y1)}`;
}

function n(value: number): string {
  return value.toFixed(1);
}
