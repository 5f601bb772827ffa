/** The admin API's tokens and certificates, tracing and export: what fits together. */
import type { RawConfig, Report } from '../raw.ts';

export function checkObserve(_raw: RawConfig, _report: Report): void {}
