/**
 * What a sink is told: one group of alerts, with those that fire and those that are over since they were told. Whole by itself:
 * a sink that missed the one before loses nothing but its time. At most `NOTICE_ALERTS_MAX` alerts; `left` counts the rest.
 */
import type { Severity } from './severity.ts';

/** Alerts of one notice. A chat message or a mail with more is read by nobody. */
export const NOTICE_ALERTS_MAX = 100;

export interface NoticeAlert {
  /** Of rule and labels, 16 hexadecimal digits: with the machine what receivers deduplicate by (Alertmanager derives its own from the labels). */
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly state: 'firing' | 'resolved';
  /** Without `rule` and `severity`. */
  readonly labels: Readonly<Record<string, string>>;
  /** What and what to do about it, in a sentence or two. */
  readonly summary: string;
  /** Null: it is no number (absence). */
  readonly value: number | null;
  /** When it began to fire, wall-clock milliseconds. */
  readonly sinceMs: number;
  /** When it was over, wall-clock milliseconds; null: it fires. */
  readonly resolvedMs: number | null;
}

export interface AlertNotice {
  /** The same for each notice of a group, 16 hexadecimal digits. */
  readonly group: string;
  /** What the group has in common: the values of `group.by`, `rule` among them where it is one of them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Firing while one of its alerts fires. */
  readonly state: 'firing' | 'resolved';
  /** The greatest of its alerts. */
  readonly severity: Severity;
  /** Firing ones first, the most severe first. Never empty. */
  readonly alerts: readonly NoticeAlert[];
  /** Alerts over `NOTICE_ALERTS_MAX` that are not in `alerts`. */
  readonly left: number;
  /** When it was made, wall-clock milliseconds. */
  readonly atMs: number;
  /** Which machine says so. */
  readonly host: string;
  /** Nothing is wrong: `sluice alert test` asks whether it arrives. */
  readonly isTest: boolean;
}

/** Who is told. Stateless but for connections. */
export interface AlertSink extends AsyncDisposable {
  /**
   * One try: retries, deadlines and order are the caller's. Calls do not overlap.
   * @throws Error when it was not taken, with the answer in its message but no secret; SinkDelay when the receiver says when to come again; SinkRefusal when trying again is useless.
   */
  send(notice: AlertNotice, signal: AbortSignal): Promise<void>;
}

/** The receiver will not take this notice however often it is told (400, 401, 404, 410, 413, a recipient that does not exist). */
export class SinkRefusal extends Error {
  override readonly name = 'SinkRefusal';
}

/** The receiver asks to be left alone for a while (`Retry-After`). */
export class SinkDelay extends Error {
  override readonly name = 'SinkDelay';
  /** Milliseconds from now. */
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}
