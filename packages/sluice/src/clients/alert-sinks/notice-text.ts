/** A notice in words, for people: a title, a line for each alert, how many are not shown. */
import type { AlertNotice, NoticeAlert } from '../../core/alerting/alert-notice.ts';

/** `[FIRING:2] no-healthy-endpoint on edge-1`; resolved ones count only when nothing fires. */
export function noticeTitle(notice: AlertNotice): string {
  const { alerts, left, state, host, isTest } = notice;
  const count = alerts.filter((alert) => alert.state === state).length + left;
  const rules = [...new Set(alerts.filter((alert) => alert.state === state).map(({ rule }) => rule))];
  const what = rules.length > 2 ? `${rules.slice(0, 2).join(', ')} and ${rules.length - 2} more` : rules.join(', ');
  return oneLine(`${isTest ? '[TEST] ' : ''}[${state.toUpperCase()}:${count}] ${what} on ${host}`);
}

/** `service=web endpoint=10.0.0.1:80`. */
export function labelLine({ labels }: NoticeAlert): string {
  return oneLine(
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  );
}

/** `critical, since 2026-11-20T21:00:00.000Z`. */
export function stateLine({ state, severity, sinceMs, resolvedMs }: NoticeAlert): string {
  if (state === 'firing' || resolvedMs === null) return `${severity}, since ${new Date(sinceMs).toISOString()}`;
  return `resolved ${new Date(resolvedMs).toISOString()}, was ${severity} since ${new Date(sinceMs).toISOString()}`;
}

/** Cut at a bound, with a mark that it was. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}

/** Nothing of a label begins a line or a header of its own. */
function oneLine(text: string): string {
  return text.replaceAll(/[\0-\x1f\x7f\u2028\u2029]+/g, ' ');
}
