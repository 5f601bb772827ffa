/** How a call of the admin API fails. */

/** Something that the person at the terminal can act on; the message is one line. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  /** Members of the problem that the API answered with; null when nothing answered. */
  readonly problem: Readonly<Record<string, unknown>> | null;

  constructor(message: string, problem: Readonly<Record<string, unknown>> | null = null) {
    super(message);
    this.problem = problem;
  }
}
