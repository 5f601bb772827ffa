/** The container driver over a real engine, named by the first argument. Runs inside namespaces of its own: `../integration/containers.test.ts` starts it. */
import { after } from 'node:test';
import { runnerContract } from '../../src/control/fleet/runner.contract.ts';
import { containerFixture } from '../support/container-fixture.ts';
import { TestEngine, type EngineName } from '../support/container-engine.ts';

const name = process.argv[2] as EngineName;
const engine = await TestEngine.start(name);
after(() => engine[Symbol.asyncDispose]());

runnerContract(name, () => containerFixture(engine));
