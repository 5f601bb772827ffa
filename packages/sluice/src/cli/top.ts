/** `sluice top`: a running Sluice, live in the terminal; one frame as text where there is none. */
import type { Command } from 'commander';
import { parseDuration } from '../config/quantity.ts';
import { type AdminFlags, adminOption } from './admin-command.ts';
import { usageFault } from './console.ts';
import { TopFeed } from './top-feed.ts';
import type { Key } from './top-keys.ts';
import { paintedScreen, plainScreen } from './top-paint.ts';
import { printedLines, screenLines } from './top-screen.ts';
import { FIRST_STATE, pressed, type TopState } from './top-state.ts';
import { TopTerminal } from './top-terminal.ts';

interface TopFlags extends AdminFlags {
  readonly interval: string;
  readonly once?: true;
}

const INTERVAL_MIN_MS = 100;
const INTERVAL_MAX_MS = 60_000;
/** How old the figures are is shown in seconds. */
const TICK_MS = 1_000;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('top')
    .description('Show services, endpoints and events of a running sluice, live. Without a terminal: one frame as text.')
    .option('--interval <duration>', 'draw at most so often: 100ms..1m', '1s')
    .option('--once', 'print one frame as text, with all services')
    .addOption(adminOption())
    .action(async (flags: TopFlags) => {
      const intervalMs = parseDuration(flags.interval) ?? Number.NaN;
      if (!(intervalMs >= INTERVAL_MIN_MS && intervalMs <= INTERVAL_MAX_MS))
        throw usageFault(`--interval must be a duration 100ms..1m, such as 2s, got "${flags.interval}"`);
      if (flags.once === true || !process.stdout.isTTY) return printOnce(flags);
      // The stream would keep the process alive.
      process.exit(await new TopScreen(flags, intervalMs).run());
    });
}

async function printOnce(flags: TopFlags): Promise<void> {
  const world = await new TopFeed(flags, () => {}).first();
  process.stdout.write(plainScreen(printedLines(world, process.stdout.columns || Number(process.env['COLUMNS']) || 80, Date.now())));
}

/** What is on the terminal: drawn when something is known anew (at most each interval), and at once when a key was pressed. */
class TopScreen {
  readonly #feed: TopFeed;
  readonly #intervalMs: number;
  readonly #terminal: TopTerminal;
  readonly #end = new AbortController();
  readonly #ended = Promise.withResolvers<number>();
  readonly #hasColours = (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  #state: TopState = FIRST_STATE;
  #drawnAt = -Infinity;
  #drawn = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(flags: AdminFlags, intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#feed = new TopFeed(flags, () => this.#soon());
    this.#terminal = new TopTerminal(process.stdout, process.stdin, {
      pressed: (key) => this.#press(key),
      stale: () => this.#redraw(),
      ended: (code) => this.#ended.resolve(code),
    });
  }

  /** Until it is quit. @returns The exit code. @throws {CommandFault} when nothing answers. */
  async run(): Promise<number> {
    this.#terminal.start();
    const tick = setInterval(() => this.#soon(), TICK_MS);
    this.#redraw();
    try {
      return await Promise.race([this.#ended.promise, this.#feed.run(this.#end.signal).then(() => 0)]);
    } finally {
      this.#end.abort();
      clearInterval(tick);
      clearTimeout(this.#timer);
      this.#terminal.stop();
    }
  }

  #press(key: Key): void {
    if (key === 'quit') return this.#ended.resolve(0);
    if (key === 'suspend') return this.#terminal.suspend();
    this.#state = pressed(this.#state, key, this.#feed.world);
    this.#draw();
  }

  #soon(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#drawnAt + this.#intervalMs - performance.now());
    this.#timer = setTimeout(() => this.#draw(), waitMs);
  }

  #redraw(): void {
    this.#drawn = '';
    this.#draw();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawnAt = performance.now();
    const { columns, rows } = this.#terminal;
    const lines = screenLines(this.#feed.world, this.#state, { columns, rows }, Date.now());
    const screen = paintedScreen(lines, columns, this.#hasColours);
    if (screen === this.#drawn) return;
    this.#drawn = screen;
    this.#terminal.draw(screen);
  }
}
