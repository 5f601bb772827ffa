/** A node of the traffic map: its state's shape, its name, what flows through it. */
import { useComputed } from '@preact/signals';
import { serviceHref } from '../../app/location.ts';
import { StateShape } from '../../components/state-badge.tsx';
import type { BadgeState } from '../../components/state-badge.tsx';
import { traffic } from '../../store/store.ts';
import { count } from '../../view/format.ts';
import type { Place } from '../../view/map-layout.ts';
import { nodeFlow } from '../../view/map-rates.ts';
import type { MapNode } from '../../view/traffic-map.ts';

const HEIGHT = 26;
const CHAR = 6.7;
const SIDE = 9;
const RATE = 46;

interface NodeProps {
  readonly node: MapNode;
  readonly place: Place;
  readonly width: number;
}

export function MapNodeBox({ node, place, width }: NodeProps) {
  const rate = useComputed(() => {
    const { rps } = nodeFlow(node, traffic.value);
    return rps === 0 ? '' : `${count(rps)}/s`;
  });
  const kind = useComputed(() => `node ${stateNow(node) ?? ''} ${node.column}`);
  const state = useComputed(() => stateNow(node));
  const hasShape = node.state !== null;
  const from = hasShape ? SIDE + 16 : SIDE;
  const top = place.y - HEIGHT / 2;
  const content = (
    <>
      <title>{titleOf(node)}</title>
      <rect class={kind} x={place.x} y={top} width={width} height={HEIGHT} rx="6" />
      {hasShape ? (
        <svg x={place.x + SIDE} y={place.y - 5} width="10" height="10">
          {state.value === null ? null : <StateShape state={state.value} />}
        </svg>
      ) : null}
      <text class="node-name" x={place.x + from} y={place.y + 4}>
        {shorten(node.label, Math.floor((width - from - RATE) / CHAR))}
      </text>
      <text class="node-rate" x={place.x + width - SIDE} y={place.y + 4}>
        {rate}
      </text>
    </>
  );
  const service = node.column === 'service' ? (node.names.length === 1 ? node.names[0]! : null) : node.service;
  return service === null ? (
    content
  ) : (
    <a href={serviceHref(service)} tabIndex={-1}>
      {content}
    </a>
  );
}

/** A snapshot's state is younger than the Status'. */
function stateNow({ column, names, service, state }: MapNode): BadgeState | null {
  if (state === null) return null;
  const services = traffic.value?.services;
  const now = column === 'service' ? services?.[names[0]!]?.state : services?.[service ?? '']?.endpoints[names[0]!]?.state;
  return now ?? state;
}

function titleOf({ label, names, service }: MapNode): string {
  const of = service === null ? '' : ` of ${service}`;
  return names.length === 1 ? `${names[0]}${of}` : `${label}${of}: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`;
}

/** In the middle: the ends of addresses and routes tell most. */
function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const tail = Math.floor(max * 0.55);
  return `${text.slice(0, Math.max(1, max - tail - 1))}…${text.slice(text.length - tail)}`;
}
