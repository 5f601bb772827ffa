import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fleetPlan, fleetStage, type FleetStage, servicePlan } from '../../../test/support/fleet-stage.ts';

test('while nothing is known of its instances, status and a deploy say why', () => {
  const stage = fleetStage();
  const why = 'its instances cannot be looked for: the container engine at /run/docker.sock cannot be reached: ENOENT';
  stage.hooks.made = (runner) => void (runner.blindness = why);
  stage.fleet.follow(fleetPlan(servicePlan(1)));
  void stage.fleet.start();
  assert.equal(stage.fleet.status()[0]?.note, why);
  assert.deepEqual(stage.fleet.deploy('web', {}), { result: 'refused', problem: `service "web": ${why}` });
});

test('a number that was fixed holds over a restart, until the policies are to decide again', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-fleet-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const life = async (act: (fleet: FleetStage['fleet']) => void = () => {}): Promise<number | null> => {
    const stage = fleetStage();
    stage.fleet.follow({ ...fleetPlan(servicePlan(1)), directory });
    await stage.fleet.start();
    const { manual } = stage.fleet.status()[0]!;
    act(stage.fleet);
    await stage.fleet.detach();
    return manual;
  };
  assert.equal(await life((fleet) => fleet.scale('web', 4)), null);
  assert.equal(statSync(join(directory, 'numbers', 'web')).mode & 0o777, 0o600);
  assert.equal(await life(), 4);
  assert.equal(await life((fleet) => fleet.scale('web', 'auto')), 4);
  assert.equal(await life(), null);
  writeFileSync(join(directory, 'numbers', 'web'), 'many');
  assert.equal(await life(), null);
});
