/**
 * The traffic map's structure: nodes in four columns (listeners, routes, services, endpoints) and the links between them. Made when the Status or the plan changes, not with each snapshot. A
 * column has at most `NODES_MAX` nodes: what is beyond is one node "n more" with the sum of them. Endpoints are folded per service, so that each service keeps some, and those in trouble first.
 */
import type { EndpointState, ServiceState, Status } from '../api/types.ts';
import type { Wiring } from './wiring.ts';

export const NODES_MAX = 40;

export type Column = 'listener' | 'route' | 'service' | 'endpoint';
export const COLUMNS: readonly Column[] = ['listener', 'route', 'service', 'endpoint'];

export interface MapNode {
  readonly id: string;
  readonly column: Column;
  readonly label: string;
  /** Names of what it stands for: one, or those that are folded. */
  readonly names: readonly string[];
  /** The address, where the label is an instance's id. */
  readonly address: string | null;
  /** Of endpoints: whose they are. */
  readonly service: string | null;
  /** As the Status had it; snapshots are younger. */
  readonly state: ServiceState | EndpointState | null;
}

export interface MapLink {
  readonly from: MapNode;
  readonly to: MapNode;
}

export interface TrafficMap {
  readonly columns: Readonly<Record<Column, readonly MapNode[]>>;
  readonly links: readonly MapLink[];
}

export function buildTrafficMap(status: Pick<Status, 'listeners' | 'services' | 'fleet'>, wiring: Wiring): TrafficMap {
  const listeners = fold(
    'listener',
    status.listeners.map(({ name }) => name),
    () => null,
  );
  const routes = fold(
    'route',
    wiring.routes.map(({ name }) => name),
    () => null,
  );
  const states = new Map(status.services.map(({ name, state }) => [name, state]));
  const services = fold(
    'service',
    status.services.map(({ name }) => name),
    (name) => states.get(name) ?? null,
  );
  const endpoints = endpointNodes(status.services, instanceNames(status.fleet));
  const links = new LinkSet();
  for (const route of wiring.routes) {
    const node = nodeOf(routes, route.name);
    for (const listener of route.listeners) links.add(nodeOf(listeners, listener), node);
    for (const service of route.services) links.add(node, nodeOf(services, service));
  }
  for (const stream of wiring.streams)
    for (const service of stream.services) links.add(nodeOf(listeners, stream.listener), nodeOf(services, service));
  for (const node of endpoints) links.add(nodeOf(services, node.service!), node);
  return { columns: { listener: listeners, route: routes, service: services, endpoint: endpoints }, links: links.all };
}

class LinkSet {
  readonly all: MapLink[] = [];
  private readonly known = new Set<string>();

  add(from: MapNode | undefined, to: MapNode | undefined): void {
    if (from === undefined || to === undefined || this.known.has(`${from.id}\n${to.id}`)) return;
    this.known.add(`${from.id}\n${to.id}`);
    this.all.push({ from, to });
  }
}

function nodeOf(nodes: readonly MapNode[], name: string): MapNode | undefined {
  return nodes.find(({ names }) => names.includes(name));
}

function fold(column: Column, names: readonly string[], stateOf: (name: string) => ServiceState | null): MapNode[] {
  const isFolded = names.length > NODES_MAX;
  const shown = isFolded ? names.slice(0, NODES_MAX - 1) : names;
  const nodes = shown.map((name) => ({
    id: `${column} ${name}`,
    column,
    label: name,
    names: [name],
    address: null,
    service: null,
    state: stateOf(name),
  }));
  return isFolded ? [...nodes, moreNode(column, names.slice(NODES_MAX - 1), null)] : nodes;
}

function moreNode(column: Column, names: readonly string[], service: string | null): MapNode {
  return { id: `${column} … ${service ?? ''}`, column, label: `${names.length} more`, names, address: null, service, state: null };
}

type ServicePart = Pick<Status['services'][number], 'name' | 'endpoints'>;

/** Ids of instances by service and address: `shop.1` tells more than the port that it happens to have. */
function instanceNames(fleet: Status['fleet']): ReadonlyMap<string, string> {
  const known = fleet.flatMap(({ service, instances }) =>
    instances.flatMap(({ id, address }) => (address === null ? [] : [[`${service} ${address}`, id] as const])),
  );
  return new Map(known);
}

function endpointNodes(services: readonly ServicePart[], instances: ReadonlyMap<string, string>): MapNode[] {
  // A folded service has no node of its own to come from; its endpoints are left out with it.
  const shown = services.length > NODES_MAX ? services.slice(0, NODES_MAX - 1) : services;
  const share = fairShare(shown.map(({ endpoints }) => endpoints.length));
  return shown.flatMap(({ name, endpoints }) => {
    const isFolded = endpoints.length > share + 1;
    const first = isFolded ? endpoints.toSorted((a, b) => trouble(b.state) - trouble(a.state)) : endpoints;
    const nodes = first.slice(0, isFolded ? share : undefined).map(({ address, state }): MapNode => ({
      id: `endpoint ${name} ${address}`,
      column: 'endpoint',
      label: instances.get(`${name} ${address}`) ?? address,
      names: [address],
      address: instances.has(`${name} ${address}`) ? address : null,
      service: name,
      state,
    }));
    const rest = first.slice(nodes.length).map(({ address }) => address);
    return rest.length === 0 ? nodes : [...nodes, moreNode('endpoint', rest, name)];
  });
}

function trouble(state: EndpointState): number {
  return state === 'down' || state === 'ejected' ? 2 : state === 'up' ? 0 : 1;
}

/** The largest number of endpoints each service may show, besides "n more", so that all together stay within `NODES_MAX`; 0 where even one each is too many. */
function fairShare(sizes: readonly number[]): number {
  let share = 0;
  while (share < NODES_MAX && total(sizes, share + 1) <= NODES_MAX) share++;
  return share;
}

function total(sizes: readonly number[], share: number): number {
  return sizes.reduce((sum, size) => sum + Math.min(size, share + 1), 0);
}
