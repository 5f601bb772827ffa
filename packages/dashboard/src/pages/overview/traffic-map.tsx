/**
 * The traffic map: listeners, routes, services and endpoints in columns, between them bands as wide as what flows. Drawn once per structure; each second only the bands' attributes and the
 * numbers change. Tab enters it once, arrow keys walk it along what flows, and the node that is pointed at or has the focus lights its paths. The nested list (map-list.tsx) has the same for phones.
 */
import { computed, useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { traffic } from '../../store/store.ts';
import { bandsOf, frameOf } from '../../view/map-layout.ts';
import type { Band, MapFrame } from '../../view/map-layout.ts';
import { linksThrough } from '../../view/map-paths.ts';
import { linkFlows } from '../../view/map-rates.ts';
import { stepFrom } from '../../view/map-steps.ts';
import { COLUMNS } from '../../view/traffic-map.ts';
import type { MapNode, TrafficMap } from '../../view/traffic-map.ts';
import { MapNodeBox } from './map-node.tsx';

const TITLES = { listener: 'Listeners', route: 'Routes', service: 'Services', endpoint: 'Endpoints' } as const;
const WIDTH_FIRST = 1_000;
const HEAD = 24;

export function TrafficMapPicture({ map }: { readonly map: TrafficMap }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(WIDTH_FIRST);
  useLayoutEffect(() => {
    const element = box.current!;
    const measure = () => (width.value = Math.max(640, element.clientWidth));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} class="map">
      <Drawing map={map} width={width.value} />
    </div>
  );
}

function Drawing({ map, width }: { readonly map: TrafficMap; readonly width: number }) {
  const frame = useMemo(() => frameOf(map, width), [map, width]);
  // Made anew with the frame: what is drawn must not wait for the next snapshot.
  const bands = useMemo(() => computed(() => bandsOf(map, frame, linkFlows(map, traffic.value))), [map, frame]);
  const pointed = useSignal<MapNode | null>(null);
  const lit = useMemo(() => computed(() => (pointed.value === null ? null : linksThrough(map, pointed.value))), [map]);
  return (
    <svg
      width={width}
      height={frame.height + HEAD}
      viewBox={`0 ${-HEAD} ${width} ${frame.height + HEAD}`}
      role="group"
      aria-label="Traffic map, walked with the arrow keys"
    >
      {COLUMNS.map((column, c) => (
        <text key={column} class="map-title" x={(c * (width - frame.nodeWidth)) / (COLUMNS.length - 1)} y={-10}>
          {TITLES[column]}
        </text>
      ))}
      <g class="bands" aria-hidden="true">
        {map.links.map(({ from, to }, i) => (
          <BandLine key={`${from.id}\n${to.id}`} index={i} bands={bands} lit={lit} />
        ))}
      </g>
      <Nodes map={map} frame={frame} point={(node) => (pointed.value = node)} />
    </svg>
  );
}

interface BandProps {
  readonly index: number;
  readonly bands: ReadonlySignal<readonly Band[]>;
  readonly lit: ReadonlySignal<ReadonlySet<number> | null>;
}

function BandLine({ index, bands, lit }: BandProps) {
  const path = useMemo(() => computed(() => bands.value[index]?.path ?? ''), [bands, index]);
  const width = useMemo(() => computed(() => bands.value[index]?.width || 1), [bands, index]);
  const errorWidth = useMemo(() => computed(() => bands.value[index]?.errorWidth ?? 0), [bands, index]);
  const kind = useMemo(
    () =>
      computed(() => {
        const isIdle = (bands.value[index]?.width ?? 0) === 0;
        const isDim = lit.value !== null && !lit.value.has(index);
        return `band${isIdle ? ' idle' : ''}${isDim ? ' dim' : lit.value === null ? '' : ' lit'}`;
      }),
    [bands, lit, index],
  );
  return (
    <>
      <path class={kind} d={path} stroke-width={width} />
      <path class="band-errors" d={path} stroke-width={errorWidth} />
    </>
  );
}

/** One of them is a stop of the Tab key: the one that had the focus last. */
interface NodesProps {
  readonly map: TrafficMap;
  readonly frame: MapFrame;
  readonly point: (node: MapNode | null) => void;
}

function Nodes({ map, frame, point }: NodesProps) {
  const nodes = COLUMNS.flatMap((column) => map.columns[column]);
  const group = useRef<SVGGElement>(null);
  const stop = useSignal(nodes[0]?.id ?? '');
  const current = nodes.some(({ id }) => id === stop.value) ? stop.value : nodes[0]?.id;
  const walk = (event: KeyboardEvent, node: MapNode) => {
    const next = stepFrom(map, frame.places, node, event.key);
    if (next === null) return;
    event.preventDefault();
    group.current?.querySelector<SVGElement>(`[data-node="${CSS.escape(next.id)}"]`)?.focus();
  };
  const enter = (node: MapNode) => {
    stop.value = node.id;
    point(node);
  };
  return (
    <g ref={group}>
      {nodes.map((node) => (
        <g
          key={node.id}
          onMouseEnter={() => point(node)}
          onMouseLeave={() => point(null)}
          onFocusIn={() => enter(node)}
          onFocusOut={() => point(null)}
          onKeyDown={(event) => walk(event, node)}
        >
          <MapNodeBox node={node} place={frame.places.get(node)!} width={frame.nodeWidth} isStop={node.id === current} />
        </g>
      ))}
    </g>
  );
}
