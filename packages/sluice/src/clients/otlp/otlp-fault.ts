/** Why nothing can be exported at all: a package is missing. */
export class OtlpFault extends Error {
  /** What to do. */
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OtlpFault';
    this.remedy = remedy;
  }
}
