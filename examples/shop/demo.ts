/**
 * The shop, live: four services whose instances Sluice runs, behind one gateway, and customers that never stop. An instance is killed with -9, a service is deployed anew, and a
 * rush makes more instances until it is over. `npm run demo`; `-- --keep` leaves it running until Ctrl-C. Exit 1 when one request failed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Gateway, type Service, operate, portNear, services, startGateway, stop } from './show/programs.ts';
import { say, step, styled, table, verdict } from './show/screen.ts';
import { Customers, SEARCHES } from './show/traffic.ts';

const CUSTOMERS = 24;
const RUSH = 60;
const SCENE_MS = 2_500;
const WAIT_MS = 20_000;

function introduce({ url, admin }: Gateway, all: readonly Service[]): void {
  say(`  shop   ${styled('cyan', `${url}/`)}`);
  for (const { service, ready } of all) say(`         ${styled('cyan', `${url}/api/${service}/1`)}  ${styled('dim', `× ${ready}`)}`);
  say(`  admin  ${styled('cyan', `${admin}/api/status`)}   ${styled('cyan', `${admin}/metrics`)}`);
}

/** Waits until a service is so. @returns How long that took, in milliseconds. */
async function until(gateway: Gateway, name: string, holds: (service: Service) => boolean): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < WAIT_MS) {
    const service = (await services(gateway)).find((each) => each.service === name);
    if (service !== undefined && holds(service)) return Math.round(performance.now() - startedAt);
    await pause(20);
  }
  throw new Error(`${name} is not as it should be within ${WAIT_MS} ms: ${JSON.stringify(await services(gateway))}`);
}

/** All are ready, none leaves. */
const isSettled = ({ deploy, wanted, ready, instances }: Service): boolean =>
  deploy === null && ready === wanted && instances.length === wanted;

/** Who served whom in the last moments, those that are gone included. */
async function show(gateway: Gateway, customers: readonly Customers[], notes: ReadonlyMap<string, string> = new Map()): Promise<void> {
  const all = await services(gateway);
  for (const { sales } of customers) {
    const there = all.flatMap(({ instances }) => instances.map(({ id }) => id));
    const gone = [...sales.served.keys()].filter((name) => !there.includes(name));
    if (sales === customers[0]!.sales) table(inOrder([...there, ...gone], all), sales, notes);
  }
  verdict(...customers.map(({ sales }) => sales));
}

/** By service as configured, then by age. */
function inOrder(names: readonly string[], all: readonly Service[]): string[] {
  const rank = (name: string): number => {
    const [service = '', number = '0'] = name.split('.');
    return all.findIndex((each) => each.service === service) * 1e6 + Number(number);
  };
  return names.toSorted((left, right) => rank(left) - rank(right));
}

async function killOne(gateway: Gateway, customers: Customers): Promise<void> {
  const users = (await services(gateway)).find(({ service }) => service === 'users')!;
  const victim = users.instances[1]!;
  step(`kill -9 ${victim.id} (pid ${victim.handle}), while they shop`);
  customers.reset();
  process.kill(Number(victim.handle), 'SIGKILL');
  const again = ({ instances }: Service): boolean =>
    instances.some(({ id, handle, phase }) => id === victim.id && handle !== victim.handle && phase === 'ready');
  say(`  in use again after ${await until(gateway, 'users', again)} ms, as another process`);
  await pause(SCENE_MS);
  await show(gateway, [customers], new Map([[victim.id, 'killed, and back']]));
}

async function deployOne(gateway: Gateway, customers: Customers): Promise<void> {
  step('sluice deploy orders, while they shop');
  customers.reset();
  say(`  ${await operate(gateway, 'deploy', 'orders')}`);
  say(`  done after ${await until(gateway, 'orders', isSettled)} ms`);
  await pause(SCENE_MS);
  const orders = (await services(gateway)).find(({ service }) => service === 'orders')!;
  await show(gateway, [customers], new Map(orders.instances.map(({ id, version }) => [id, version])));
}

/** Everybody wants a lamp: products get more instances, and give them back. */
async function rush(gateway: Gateway, customers: Customers): Promise<number> {
  step(`A sale: ${RUSH} more customers search the products`);
  customers.reset();
  const crowd = new Customers(gateway.url, RUSH, SEARCHES);
  say(`  eight instances of products after ${await until(gateway, 'products', ({ ready }) => ready === 8)} ms`);
  await show(gateway, [customers, crowd]);
  step('The sale is over');
  await crowd.close();
  const tookMs = await until(gateway, 'products', (service) => service.wanted === 4 && isSettled(service));
  say(`  four instances again after ${tookMs} ms`);
  for (const line of (await operate(gateway, 'why', 'products')).split('\n').slice(0, 6)) say(`  ${styled('dim', line)}`);
  customers.reset();
  await pause(SCENE_MS);
  await show(gateway, [customers]);
  return crowd.sales.failures.length;
}

async function shop(gateway: Gateway): Promise<number> {
  step(`${CUSTOMERS} customers shop without a break`);
  const customers = new Customers(gateway.url, CUSTOMERS);
  await pause(SCENE_MS);
  await show(gateway, [customers]);
  await killOne(gateway, customers);
  await deployOne(gateway, customers);
  const more = await rush(gateway, customers);
  await customers.close();
  return customers.sales.failures.length + more;
}

async function untilInterrupted(): Promise<void> {
  step('The shop stays open: Ctrl-C closes it');
  await new Promise<void>((resolve) => (interrupted = resolve));
}

async function main(): Promise<number> {
  step('Four services and their instances, one command');
  const admin = await portNear(9900);
  const gateway = await startGateway(`127.0.0.1:${await portNear(8080)}`, `127.0.0.1:${admin}`);
  for (const name of ['users', 'orders', 'payments', 'products']) await until(gateway, name, isSettled);
  introduce(gateway, await services(gateway));
  const failures = await shop(gateway);
  if (process.argv.includes('--keep')) await untilInterrupted();
  await stop(gateway.child);
  step(failures === 0 ? 'Nobody noticed. Everything is stopped.' : 'Somebody noticed: see the failures above. Everything is stopped.');
  return failures === 0 ? 0 : 1;
}

// Leaving in the middle of the show takes everything along.
let interrupted = (): void => process.exit(130);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted());
process.exitCode = await main();
