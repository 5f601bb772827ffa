import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fleetPlan, fleetStage, servicePlan } from '../../../test/support/fleet-stage.ts';

test('while nothing is known of its instances, status and a deploy say why', () => {
  const stage = fleetStage();
  const why = 'its instances cannot be looked for: the container engine at /run/docker.sock cannot be reached: ENOENT';
  stage.hooks.made = (runner) => void (runner.blindness = why);
  stage.fleet.follow(fleetPlan(servicePlan(1)));
  void stage.fleet.start();
  assert.equal(stage.fleet.status()[0]?.note, why);
  assert.deepEqual(stage.fleet.deploy('web', {}), { result: 'refused', problem: `service "web": ${why}` });
});
