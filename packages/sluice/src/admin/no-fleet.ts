/** What the admin API answers about instances where no service has any that Sluice runs. */
import type { FleetBackend, FleetResult } from './fleet-backend.ts';

const none = (service: string): FleetResult => ({
  result: 'unknown',
  problem: `the fleet runs no service "${service}": no service has "run"`,
});

export const NO_FLEET_BACKEND: FleetBackend = {
  status: () => [],
  scale: none,
  deploy: none,
  rollback: none,
  promote: none,
  holdDeploy: none,
  continueDeploy: none,
  pause: none,
  resume: none,
  protect: none,
  decisions: none,
  logs: none,
};
