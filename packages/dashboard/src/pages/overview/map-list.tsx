/** The traffic map as a nested list: the same nodes, each below where its requests come from. */
import { useComputed } from '@preact/signals';
import { serviceHref } from '../../app/location.ts';
import { LiveText } from '../../components/live-text.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { traffic } from '../../store/store.ts';
import { count } from '../../view/format.ts';
import { linkFlows, nodeFlow } from '../../view/map-rates.ts';
import type { MapNode, TrafficMap } from '../../view/traffic-map.ts';

export function TrafficMapList({ map }: { readonly map: TrafficMap }) {
  return (
    <ul class="map-list">
      {map.columns.listener.map((node) => (
        <li key={node.id}>
          <Line node={node} rps={() => nodeFlow(node, traffic.value).rps} />
          <Children map={map} parent={node} />
        </li>
      ))}
    </ul>
  );
}

/** Endpoints are on their service's page. */
function Children({ map, parent }: { readonly map: TrafficMap; readonly parent: MapNode }) {
  const links = map.links.flatMap((link, i) => (link.from === parent && link.to.column !== 'endpoint' ? [{ to: link.to, i }] : []));
  if (links.length === 0) return null;
  return (
    <ul>
      {links.map(({ to, i }) => (
        <li key={to.id}>
          <Line node={to} rps={() => linkFlows(map, traffic.value)[i]?.rps ?? 0} />
          <Children map={map} parent={to} />
        </li>
      ))}
    </ul>
  );
}

function Line({ node, rps }: { readonly node: MapNode; readonly rps: () => number }) {
  return (
    <span class="map-line">
      {node.column === 'service' && node.names.length === 1 ? <ServiceName name={node.label} /> : <span>{node.label}</span>}
      <span class="live">
        <LiveText of={() => `${count(rps())}/s`} />
      </span>
    </span>
  );
}

function ServiceName({ name }: { readonly name: string }) {
  const state = useComputed(() => traffic.value?.services[name]?.state ?? 'empty');
  return (
    <>
      <a href={serviceHref(name)}>{name}</a>
      <StateBadge state={state.value} />
    </>
  );
}
