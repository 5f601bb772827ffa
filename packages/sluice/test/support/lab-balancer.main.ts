/** Kernel layer 4 as a program of its own, as the real program will run it: in a lab's namespace, ended by a signal. Argument: name. */
import { type KernelPlace, KernelLayer4 } from '../../src/control/layer4/kernel-layer4.ts';
import type { EndpointChange, KernelDescription } from '../../src/core/layer4/kernel-description.ts';
import type { ListenerCounts } from '../../src/core/layer4/nft-counters.ts';
import { forgetSessions } from '../../src/io/conntrack.ts';
import { systemNetwork } from '../../src/io/network-state.ts';
import { systemNft } from '../../src/io/nft.ts';
import { nodeRuntime } from '../../src/io/node-runtime.ts';
import { answerCommands, tell } from './lab-commands.ts';

let counts: readonly ListenerCounts[] = [];
const layer4 = new KernelLayer4({
  name: process.argv[2] ?? 'lab',
  nft: systemNft(),
  network: systemNetwork,
  forget: forgetSessions,
  runtime: nodeRuntime,
  say: (level, what, detail) => tell({ level, what, detail }),
  counted: (latest) => (counts = latest),
});

process.on('SIGTERM', () => void layer4[Symbol.asyncDispose]().then(() => process.exit(0)));

answerCommands({
  set: ({ description }: { description: KernelDescription }) => layer4.set(description),
  async change({ where, to }: { where: KernelPlace; to: EndpointChange }) {
    const isKnown = layer4.change(where, to);
    await layer4.settled();
    return isKnown;
  },
  drain: () => layer4.drain(),
  async count() {
    await layer4.count();
    return counts;
  },
});
