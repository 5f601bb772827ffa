/** One worker's forward proxy in the test's own process: names are what the test says, and time moves only when it says so. */
import { compile } from '../../src/config/compile.ts';
import type { ForwardProxyListenerPlan } from '../../src/config/plan.ts';
import type { ConfigInput } from '../../src/config/schema/config.ts';
import { validate } from '../../src/config/validate.ts';
import { timestamp } from '../../src/base/time.ts';
import { ForwardListener } from '../../src/gateway/forward-proxy/forward-listener.ts';
import type { AddressSource } from '../../src/io/address-lookup.ts';
import { readMaterial } from '../../src/io/plan-material.ts';
import { freePort } from '../../src/io/ports.ts';
import { checkLinearRegex } from '../../src/io/regex.ts';
import type { AccessRecord } from '../../src/observe/access-log.ts';
import { startPlane, type TestPlane } from './data-plane.ts';

export type ForwardConfig = Omit<ConfigInput['listeners'][string], 'forwardProxy'>;

export interface ForwardPlane {
  readonly port: number;
  readonly listener: ForwardListener;
  readonly plane: TestPlane;
  /** What the access log was told. */
  readonly records: readonly AccessRecord[];
  /** Addresses by name; each asking takes the first of several answers, the last one stays. No answers: it is waited for in vain. */
  readonly names: Map<string, (readonly string[])[]>;
  /** Names that were asked for, in order. */
  readonly asked: readonly string[];
  advance(ms: number): void;
  update(config: ForwardConfig): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The plan of a listener `out`. */
export async function forwardPlan(port: number, config: ForwardConfig): Promise<ForwardProxyListenerPlan> {
  const validation = validate({ listeners: { out: { forwardProxy: `127.0.0.1:${port}`, ...config } } }, checkLinearRegex);
  if (!validation.ok) throw new Error(JSON.stringify(validation.faults));
  const compiled = compile(validation.config, { generation: 1, cores: 1 });
  const options = { directory: process.cwd(), now: timestamp(Date.now()), path: null, root: null, acme: null };
  const { plan, faults } = await readMaterial(compiled, options);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return plan.listeners[0] as ForwardProxyListenerPlan;
}

export async function startForwardProxy(config: ForwardConfig): Promise<ForwardPlane> {
  const plane = await startPlane({ routes: [{ respond: { status: 200 } }], accessLog: 'json' });
  const records: AccessRecord[] = [];
  plane.plane.writeAccess = (record) => void records.push(record);
  const names = new Map<string, (readonly string[])[]>();
  const asked: string[] = [];
  let nowMs = 0;
  const source: AddressSource = {
    records: (name, family) => {
      if (family === 6) return Promise.reject(new Error('no AAAA'));
      const plain = name.slice(0, -1);
      asked.push(plain);
      const answers = names.get(plain);
      if (answers === undefined) return Promise.reject(new Error('not found'));
      if (answers.length === 0) return new Promise(() => {});
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      return Promise.resolve(answer.map((address) => ({ address, ttl: 1 })));
    },
    system: () => Promise.resolve([]),
    now: () => nowMs,
  };
  const port = await freePort('127.0.0.1');
  const listener = new ForwardListener(plane.plane, await forwardPlan(port, config), 5, source);
  await listener.start();
  listener.setRoutes();
  listener.serve();
  return {
    port,
    listener,
    plane,
    records,
    names,
    asked,
    advance(ms) {
      nowMs += ms;
      plane.advance(ms);
    },
    async update(next) {
      listener.update(await forwardPlan(port, next));
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await plane[Symbol.asyncDispose]();
    },
  };
}
