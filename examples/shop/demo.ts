/**
 * The shop, live: eleven instances of four services behind one gateway, customers that never stop, and an instance that is killed with -9
 * while they shop. `npm run demo`; `-- --keep` leaves it running until Ctrl-C. Exit 1 when one request failed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Gateway, type Instance, portNear, restartInstance, startGateway, startInstance, stop } from './show/programs.ts';
import { say, step, styled, table, verdict } from './show/screen.ts';
import { Customers } from './show/traffic.ts';

const SERVICES = [
  { name: 'users', instances: 3, port: 3101 },
  { name: 'orders', instances: 2, port: 3201 },
  { name: 'payments', instances: 2, port: 3301 },
  { name: 'products', instances: 4, port: 3401 },
] as const;
/** What the show needs of the admin API's answer. */
interface Status {
  readonly services: readonly {
    readonly name: string;
    readonly endpoints: readonly { readonly address: string; readonly state: string }[];
  }[];
}

const CUSTOMERS = 24;
const SCENE_MS = 3_000;
const VICTIM = 'users.2';

async function startAll(): Promise<Instance[]> {
  const starting = SERVICES.flatMap(({ name, instances, port }) =>
    Array.from({ length: instances }, async (_, index) => startInstance(name, index + 1, await portNear(port + index))),
  );
  return Promise.all(starting);
}

function introduce({ url, admin }: Gateway): void {
  say(`  shop   ${styled('cyan', `${url}/`)}`);
  for (const { name, instances } of SERVICES) say(`         ${styled('cyan', `${url}/api/${name}/1`)}  ${styled('dim', `× ${instances}`)}`);
  say(`  admin  ${styled('cyan', `${admin}/api/status`)}   ${styled('cyan', `${admin}/metrics`)}`);
}

/** Customers shop for a while; then who served them. */
async function scene(customers: Customers, names: readonly string[], down: ReadonlySet<string>): Promise<void> {
  customers.reset();
  await pause(SCENE_MS);
  table(names, customers.sales, down);
  verdict(customers.sales);
}

async function show(instances: readonly Instance[], gateway: Gateway): Promise<number> {
  const names = instances.map(({ name }) => name);
  const victim = instances.find(({ name }) => name === VICTIM)!;
  step(`${CUSTOMERS} customers shop without a break`);
  const customers = new Customers(gateway.url, CUSTOMERS);
  await scene(customers, names, new Set());
  step(`kill -9 ${VICTIM} (pid ${victim.child.pid}), while they shop`);
  victim.child.kill('SIGKILL');
  await scene(customers, names, new Set([VICTIM]));
  step(`${VICTIM} is started again`);
  await restartInstance(victim);
  say(`  in use again ${await untilUsed(gateway, victim)} ms after it answered`);
  await scene(customers, names, new Set());
  await customers.close();
  return customers.sales.failures.length;
}

/** Waits until the gateway uses an instance. @returns How long that took, in milliseconds. */
async function untilUsed({ admin }: Gateway, { service, port }: Instance): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < 10_000) {
    const status = (await (await fetch(`${admin}/api/status`)).json()) as Status;
    const endpoints = status.services.find(({ name }) => name === service)?.endpoints ?? [];
    if (endpoints.some(({ address, state }) => address === `127.0.0.1:${port}` && state === 'up')) break;
    await pause(20);
  }
  return Math.round(performance.now() - startedAt);
}

async function untilInterrupted(): Promise<void> {
  step('The shop stays open: Ctrl-C closes it');
  await new Promise<void>((resolve) => (interrupted = resolve));
}

async function main(): Promise<number> {
  step('Eleven instances of four services, one gateway');
  const instances = await startAll();
  const admin = await portNear(9900);
  const gateway = await startGateway(instances, `127.0.0.1:${await portNear(8080)}`, `127.0.0.1:${admin}`);
  introduce(gateway);
  const failures = await show(instances, gateway);
  if (process.argv.includes('--keep')) await untilInterrupted();
  await stop(gateway.child);
  await Promise.all(instances.map(({ child }) => stop(child)));
  step(failures === 0 ? 'Nobody noticed. Everything is stopped.' : 'Somebody noticed: see the failures above. Everything is stopped.');
  return failures === 0 ? 0 : 1;
}

// Leaving in the middle of the show takes everything along.
let interrupted = (): void => process.exit(130);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted());
process.exitCode = await main();
