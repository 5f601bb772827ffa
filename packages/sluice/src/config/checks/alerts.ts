/** Alerts: names that exist, windows that fit. */
import type { RawConfig, Report } from '../raw.ts';

export function checkAlerts(_raw: RawConfig, _report: Report): void {}
