/**
 * When a cron expression came last, in a time zone. A time of day that a spring forward leaves out comes at the end of the gap; one that an autumn back has twice
 * comes once, the first time (croner's rules for fixed times; both are tested). croner is loaded when the first schedule is.
 */

/**
 * The last time that an expression of five fields came.
 * @param zone IANA name; null = the machine's.
 * @param wall Unix milliseconds; that very moment counts.
 * @returns Unix milliseconds, whole minutes; null = never.
 * @throws {Error} for what is no expression or no zone.
 */
export type LastBegin = (cron: string, zone: string | null, wall: number) => number | null;

/** Loads what knows. */
export async function loadLastBegin(): Promise<LastBegin> {
  const { Cron } = await import('croner');
  return (cron, zone, wall) => {
    const job = new Cron(cron, { mode: '5-part', paused: true, ...(zone === null ? {} : { timezone: zone }) });
    // It looks before the moment that it is given.
    return job.previousRuns(1, new Date(wall + 1))[0]?.getTime() ?? null;
  };
}
