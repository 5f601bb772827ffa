/** Load reports in replies (ORCA's `endpoint-load-metrics`): noted where the service's algorithm uses them, and never passed on. */
import type { DataPlane } from './data-plane.ts';
import type { Service } from './service.ts';
import type { UpstreamConnection } from './upstream.ts';

/** Looks for a report in the head at `start`. */
export function noteReport(_plane: DataPlane, _service: Service, _connection: UpstreamConnection, _bytes: Buffer, _start: number): void {}
