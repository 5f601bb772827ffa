/** Work that is never done within itself: asked for while it is under way (what it does makes somebody tell that something has changed), it is done once more afterwards. */
export class FleetWork {
  readonly #look: () => void;
  #isRunning = false;
  #isDue = false;

  constructor(look: () => void) {
    this.#look = look;
  }

  /** @param first Done before, undisturbed. */
  run(first: () => void = () => {}): void {
    this.#isDue = true;
    if (this.#isRunning) return first();
    this.#isRunning = true;
    try {
      first();
      while (this.#isDue) {
        this.#isDue = false;
        this.#look();
      }
    } finally {
      this.#isRunning = false;
    }
  }
}
