/** A node of the traffic map: its state's shape, its name, what flows through it. */
import { useComputed } from '@preact/signals';
import { serviceHref } from '../../app/location.ts';
import { StateShape } from '../../components/state-badge.tsx';
import type { EndpointState } from '../../api/types.ts';
import type { BadgeState } from '../../components/state-badge.tsx';
import { endpointState, traffic } from '../../store/store.ts';
import { count, errorShare } from '../../view/format.ts';
import type { Place } from '../../view/map-layout.ts';
import { nodeFlow } from '../../view/map-rates.ts';
import type { MapNode } from '../../view/traffic-map.ts';

/** From this height on the rate has a line of its own. */
const TWO_LINES = 44;
const CHAR = 6.7;
const SIDE = 9;
const RATE = 46;

interface NodeProps {
  readonly node: MapNode;
  readonly place: Place;
  readonly width: number;
  /** Whether the Tab key stops here. */
  readonly isStop: boolean;
}

export function MapNodeBox({ node, place, width, isStop }: NodeProps) {
  const isTall = place.room >= TWO_LINES;
  const rate = useComputed(() => {
    const flow = nodeFlow(node, traffic.value);
    if (flow.rps === 0) return '';
    return isTall && flow.errorRps > 0 ? `${count(flow.rps)}/s, errors ${errorShare(flow)}` : `${count(flow.rps)}/s`;
  });
  const kind = useComputed(() => `node ${stateNow(node) ?? ''} ${node.column}`);
  const state = useComputed(() => stateNow(node));
  const hasShape = node.state !== null;
  const from = hasShape ? SIDE + 16 : SIDE;
  const middle = isTall ? place.y - 9 : place.y;
  const title = useComputed(() =>
    [titleOf(node), stateNow(node), `${count(nodeFlow(node, traffic.value).rps)}/s`].filter(Boolean).join(', '),
  );
  const content = (
    <>
      <title>{title}</title>
      {/* The title is the name: it tells the same in words. */}
      <g aria-hidden="true">
        <rect class={kind} x={place.x} y={place.y - place.room / 2} width={width} height={place.room} rx="6" />
        {hasShape ? (
          <svg x={place.x + SIDE} y={middle - 5} width="10" height="10">
            {state.value === null ? null : <StateShape state={state.value} />}
          </svg>
        ) : null}
        <text class="node-name" x={place.x + from} y={middle + 4}>
          {shorten(node.label, Math.floor((width - from - (isTall ? SIDE : RATE)) / CHAR))}
        </text>
        <text
          class={isTall ? 'node-rate below' : 'node-rate'}
          x={isTall ? place.x + from : place.x + width - SIDE}
          y={isTall ? place.y + 15 : place.y + 4}
        >
          {rate}
        </text>
      </g>
    </>
  );
  const service = node.column === 'service' ? (node.names.length === 1 ? node.names[0]! : null) : node.service;
  const common = { 'data-node': node.id, tabIndex: isStop ? 0 : -1, class: 'map-node' };
  return service === null ? (
    <g {...common} role="img">
      {content}
    </g>
  ) : (
    <a {...common} href={serviceHref(service)}>
      {content}
    </a>
  );
}

/** A snapshot's state is younger than the Status'. */
function stateNow({ column, names, service, state }: MapNode): BadgeState | null {
  if (state === null) return null;
  const services = traffic.value?.services;
  if (column === 'endpoint') return endpointState(service ?? '', names[0]!, state as EndpointState);
  return services?.[names[0]!]?.state ?? state;
}

function titleOf({ column, label, names, address, service }: MapNode): string {
  const of = service === null ? '' : ` of ${service}`;
  const at = address === null ? '' : ` at ${address}`;
  return names.length === 1
    ? `${column} ${label}${at}${of}`
    : `${column}s, ${label}${of}: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`;
}

/** In the middle: the ends of addresses and routes tell most. */
function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const tail = Math.floor(max * 0.55);
  return `${text.slice(0, Math.max(1, max - tail - 1))}…${text.slice(text.length - tail)}`;
}
