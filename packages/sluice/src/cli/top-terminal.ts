/**
 * The terminal while `sluice top` has it: alternate screen, no cursor, keys as they are pressed. However the process ends (but for SIGKILL), it is
 * given back as it was.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import { type Key, KeyReader } from './top-keys.ts';
import { ENTER_SCREEN, LEAVE_SCREEN } from './top-paint.ts';

/** A terminal sends a key's characters at once; what comes later than this after Escape is another key. */
const ESCAPE_MS = 50;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface TerminalNeeds {
  readonly pressed: (key: Key) => void;
  /** Everything is to be drawn anew: the size is another one, or somebody else wrote here. */
  readonly stale: () => void;
  /** It is to end. @param code The exit code. */
  readonly ended: (code: number) => void;
}

export class TopTerminal {
  readonly #out: WriteStream;
  readonly #input: ReadStream | null;
  readonly #needs: TerminalNeeds;
  readonly #keys = new KeyReader();
  #isIn = false;
  /** A screen was left out. */
  #isBehind = false;
  #escape: NodeJS.Timeout | undefined;

  /** @param input Keys are read where it is a terminal. */
  constructor(out: WriteStream, input: ReadStream, needs: TerminalNeeds) {
    this.#out = out;
    this.#input = input.isTTY ? input : null;
    this.#needs = needs;
  }

  get columns(): number {
    return this.#out.columns || 80;
  }

  get rows(): number {
    return this.#out.rows || 24;
  }

  /** Takes the terminal. */
  start(): void {
    process.on('exit', this.#leave);
    // Before the fault is printed, or it would go with the screen.
    process.on('uncaughtExceptionMonitor', this.#leave);
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    process.on('SIGCONT', this.#onContinue);
    this.#out.on('resize', this.#needs.stale);
    this.#out.on('drain', this.#onDrain);
    this.#out.on('error', this.#onGone);
    if (this.#input !== null) {
      this.#input.setEncoding('utf8');
      this.#input.on('data', this.#onData);
      this.#input.on('end', this.#onGone);
      this.#input.on('error', this.#onGone);
    }
    this.#enter();
  }

  /** Shows a screen; one that a slow line has no room for is left out, the next one comes. */
  draw(screen: string): void {
    this.#isBehind = this.#isIn && this.#out.writableNeedDrain;
    if (this.#isIn && !this.#isBehind) this.#out.write(screen);
  }

  /** Stops for a while, as Ctrl-Z does it everywhere else. */
  suspend(): void {
    this.#leave();
    process.kill(process.pid, 'SIGTSTP');
  }

  /** Gives the terminal back. */
  stop(): void {
    this.#leave();
    clearTimeout(this.#escape);
    process.off('exit', this.#leave);
    process.off('uncaughtExceptionMonitor', this.#leave);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    process.off('SIGCONT', this.#onContinue);
    this.#out.off('resize', this.#needs.stale);
    this.#out.off('drain', this.#onDrain);
    this.#input?.off('data', this.#onData);
    this.#input?.off('end', this.#onGone);
  }

  #enter(): void {
    if (this.#isIn) return;
    this.#isIn = true;
    this.#input?.setRawMode(true);
    this.#input?.resume();
    this.#out.write(ENTER_SCREEN);
  }

  readonly #leave = (): void => {
    if (!this.#isIn) return;
    this.#isIn = false;
    this.#out.write(LEAVE_SCREEN);
    // A terminal that has gone away has no mode to set.
    try {
      this.#input?.setRawMode(false);
    } catch {}
    this.#input?.pause();
  };

  readonly #onSignal = (signal: NodeJS.Signals): void => this.#needs.ended(signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 129);

  readonly #onContinue = (): void => {
    this.#enter();
    this.#needs.stale();
  };

  readonly #onDrain = (): void => {
    if (this.#isBehind) this.#needs.stale();
  };

  readonly #onGone = (): void => this.#needs.ended(1);

  readonly #onData = (text: string): void => {
    clearTimeout(this.#escape);
    for (const key of this.#keys.push(text)) this.#needs.pressed(key);
    if (this.#keys.isWaiting) this.#escape = setTimeout(() => this.#keys.flush().forEach((key) => this.#needs.pressed(key)), ESCAPE_MS);
  };
}
