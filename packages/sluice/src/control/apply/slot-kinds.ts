/** The rows of the shared tables by kind: how many there are, how one is made ready, and when nobody writes to it any more. */
import { type EndpointTable, resetEndpoint } from '../../core/balancing/endpoint-table.ts';
import type { ExemplarBoard } from '../../observe/exemplar-board.ts';
import type { MetricBoard } from '../../observe/metric-board.ts';
import { CAPACITY, type MetricKind } from '../../observe/metric-layout.ts';
import { NamedSlots } from './named-slots.ts';
import type { SlotKinds } from './slot-book.ts';
import { SlotSource } from './slot-source.ts';

/** The book's kinds over the shared tables. */
export function slotKinds(table: EndpointTable, board: MetricBoard, exemplars: ExemplarBoard): SlotKinds {
  const clear = (name: MetricKind, slot: number): void => {
    board.reset(name, slot);
    if (name === 'listener' || name === 'service') exemplars.reset(name, slot);
  };
  const kind = (name: MetricKind, isQuiet: (slot: number) => boolean, prepare: (slot: number) => void = () => {}): NamedSlots =>
    new NamedSlots({ source: new SlotSource(CAPACITY[name]), isQuiet, prepare, clear: (slot) => clear(name, slot) });
  return {
    listeners: kind('listener', (slot) => board.connections(slot) === 0),
    routes: kind('route', (slot) => board.inflight('route', slot) === 0),
    services: kind('service', (slot) => [table.serviceInflight, table.serviceConnections].every((count) => Atomics.load(count, slot) <= 0)),
    endpoints: kind(
      'endpoint',
      (slot) => Atomics.load(table.inflight, slot) <= 0,
      (slot) => resetEndpoint(table, slot),
    ),
  };
}
