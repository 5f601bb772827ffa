/**
 * Who is told what, and when (the model is Alertmanager's): alerts with the same values of some labels are told together. The first
 * waits `waitMs` for others, a change is told `waitMs` after it, and what goes on is told again each `repeatMs`. An alert that is over
 * before it was told is not told at all; one that was told is told as resolved exactly once, also when it is silenced in between.
 */
import type { Alert } from './alert-book.ts';
import { type AlertNotice, type NoticeAlert, NOTICE_ALERTS_MAX } from './alert-notice.ts';
import { digest, labelKey, type Labels } from './labels.ts';
import { SEVERITIES, type Severity } from './severity.ts';

export interface GroupTerms {
  readonly by: readonly string[];
  readonly waitMs: number;
  readonly repeatMs: number;
}

interface Member {
  readonly alert: Alert;
  /** What was told of it last; null: nothing. */
  told: 'firing' | null;
}

interface Group {
  readonly id: string;
  readonly labels: Labels;
  /** By the alert's id. */
  readonly members: Map<string, Member>;
  /** When the next notice is due, monotonic ms; null: when it is time to repeat. */
  dueAt: number | null;
  toldAt: number;
}

export class NoticeGroups {
  readonly #terms: GroupTerms;
  readonly #host: string;
  readonly #groups = new Map<string, Group>();

  constructor(terms: GroupTerms, host: string) {
    this.#terms = terms;
    this.#host = host;
  }

  /** An alert began to fire, or is over. */
  changed(alert: Alert, now: number): void {
    const labels = this.#labelsOf(alert);
    const key = labelKey(labels);
    let group = this.#groups.get(key);
    const member = group?.members.get(alert.id);
    if (alert.state === 'resolved') {
      if (group === undefined || member === undefined) return;
      if (member.told === null) this.#forget(key, group, alert.id);
      else group.dueAt ??= now + this.#terms.waitMs;
      return;
    }
    if (group === undefined) {
      group = { id: digest(key), labels, members: new Map(), dueAt: null, toldAt: now };
      this.#groups.set(key, group);
    }
    // The same alert again before its end was told: told it was, and it goes on.
    group.members.set(alert.id, { alert, told: member?.told ?? null });
    group.dueAt ??= now + this.#terms.waitMs;
  }

  /** What is to be told now. @param isSilenced Of alerts that fire. */
  due(now: number, wall: number, isSilenced: (alert: Alert) => boolean): readonly AlertNotice[] {
    const notices: AlertNotice[] = [];
    for (const [key, group] of this.#groups) {
      const isRepeat = group.dueAt === null && now - group.toldAt >= this.#terms.repeatMs;
      if (!isRepeat && (group.dueAt === null || now < group.dueAt)) {
        if (group.dueAt === null && hasUntold(group, isSilenced)) group.dueAt = now + this.#terms.waitMs; // a silence has ended
        continue;
      }
      const notice = this.#notice(group, wall, isSilenced);
      group.dueAt = null;
      group.toldAt = now;
      for (const [id, { alert }] of group.members) if (alert.state === 'resolved') this.#forget(key, group, id);
      if (notice !== null) notices.push(notice);
    }
    return notices;
  }

  #notice(group: Group, wall: number, isSilenced: (alert: Alert) => boolean): AlertNotice | null {
    const told: Member[] = [];
    for (const member of group.members.values()) {
      if (member.alert.state === 'resolved' ? member.told !== null : !isSilenced(member.alert)) told.push(member);
    }
    if (told.length === 0) return null;
    for (const member of told) member.told = 'firing';
    const alerts = told.map(({ alert }) => noticeAlert(alert)).toSorted(inOrder);
    const { id, labels } = group;
    return makeNotice({ group: id, labels, atMs: wall, host: this.#host, isTest: false }, alerts, 0);
  }

  #labelsOf(alert: Alert): Labels {
    const labels: Record<string, string> = {};
    for (const name of this.#terms.by) {
      const value = name === 'rule' ? alert.rule : name === 'severity' ? alert.severity : alert.labels[name];
      if (value !== undefined) labels[name] = value;
    }
    return labels;
  }

  #forget(key: string, group: Group, id: string): void {
    group.members.delete(id);
    if (group.members.size === 0) this.#groups.delete(key);
  }
}

function hasUntold(group: Group, isSilenced: (alert: Alert) => boolean): boolean {
  for (const { alert, told } of group.members.values()) if (told === null && alert.state === 'firing' && !isSilenced(alert)) return true;
  return false;
}

function noticeAlert(alert: Alert): NoticeAlert {
  const { id, rule, severity, labels, summary, value, sinceMs, resolvedMs, state } = alert;
  return { id, rule, severity, state: state === 'resolved' ? 'resolved' : 'firing', labels, summary, value, sinceMs, resolvedMs };
}

/** Firing ones first, the most severe first. */
function inOrder(left: NoticeAlert, right: NoticeAlert): number {
  if (left.state !== right.state) return left.state === 'firing' ? -1 : 1;
  return SEVERITIES.indexOf(right.severity) - SEVERITIES.indexOf(left.severity) || left.sinceMs - right.sinceMs;
}

type NoticeHead = Omit<AlertNotice, 'state' | 'severity' | 'alerts' | 'left'>;

function makeNotice(head: NoticeHead, alerts: readonly NoticeAlert[], leftBefore: number): AlertNotice {
  const shown = alerts.slice(0, NOTICE_ALERTS_MAX);
  const state = alerts.some((alert) => alert.state === 'firing') ? 'firing' : 'resolved';
  const severity = SEVERITIES[Math.max(...alerts.map((alert) => SEVERITIES.indexOf(alert.severity)))]!;
  return { ...head, state, severity, alerts: shown, left: leftBefore + alerts.length - shown.length };
}

/** The part of a notice that a sink wants; null: nothing of it. */
export function noticeFor(notice: AlertNotice, sink: { readonly severity: Severity; readonly sendResolved: boolean }): AlertNotice | null {
  const least = SEVERITIES.indexOf(sink.severity);
  const alerts = notice.alerts.filter(
    ({ severity, state }) => SEVERITIES.indexOf(severity) >= least && (sink.sendResolved || state === 'firing'),
  );
  return alerts.length === 0 ? null : makeNotice(notice, alerts, notice.left);
}

/** A newer notice in place of one of its group that still waits: what the older one said was over is not lost. */
export function mergeNotices(older: AlertNotice, newer: AlertNotice): AlertNotice {
  const known = new Set(newer.alerts.map(({ id }) => id));
  const over = older.alerts.filter(({ id, state }) => state === 'resolved' && !known.has(id));
  return over.length === 0 ? newer : makeNotice(newer, [...newer.alerts, ...over], newer.left);
}
