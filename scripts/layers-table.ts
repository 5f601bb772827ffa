/**
 * The layer table: which folder of which package may import what. A folder imports itself and folders of a lower rank, never a
 * neighbour of the same rank, so gateway, nameserver and control never meet; cli and index compose all. This table is the one that `scripts/layers.ts` enforces.
 */
export interface Layer {
  readonly rank: number;
  /** May import `node:` modules. */
  readonly node: boolean;
  /** Libraries it may import; `'any'` for all. */
  readonly libraries: readonly string[] | 'any';
  /** `'none'`: no reading of clocks, randomness or timers and no `Date` at all; `'values'`: `new Date(x)` to format a given time is fine. */
  readonly ambient: 'none' | 'values' | 'any';
}

const SHELL = { node: true, libraries: 'any', ambient: 'any' } as const;

/** Folders of packages/sluice/src. A file directly in src has the layer `index`. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  base: { rank: 0, node: false, libraries: [], ambient: 'none' },
  core: { rank: 1, node: false, libraries: ['re2js', 'ipaddr.js'], ambient: 'none' },
  config: { rank: 2, node: false, libraries: ['zod', 'yaml', 're2js', 'ipaddr.js', 'croner'], ambient: 'values' },
  observe: { rank: 2, node: false, libraries: [], ambient: 'values' },
  io: { rank: 3, ...SHELL },
  clients: { rank: 3, ...SHELL },
  gateway: { rank: 4, ...SHELL },
  nameserver: { rank: 4, ...SHELL },
  control: { rank: 4, ...SHELL },
  admin: { rank: 5, ...SHELL },
  sim: { rank: 5, ...SHELL },
  cli: { rank: 6, ...SHELL },
  index: { rank: 6, ...SHELL },
};

/** Packages of the workspace that a package may import by name. Relative imports never leave a package. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = { sluice: [], kit: [], dashboard: [] };

/** Names by which workspace packages are imported. */
export const PACKAGE_NAMES: Readonly<Record<string, string>> = { sluice: 'sluice', '@sluice/kit': 'kit', '@sluice/dashboard': 'dashboard' };

/** Globals that read the world behind the caller's back. */
export const AMBIENT_GLOBALS: readonly string[] = ['performance', 'setTimeout', 'setInterval', 'setImmediate', 'process', 'fetch'];
