/** The application side of Sluice: what a service uses so that any of its instances can serve any request. Never imports sluice. */
export { loadReporter, type LoadReporter, type LoadReporterOptions } from './load/load-reporter.ts';
export type { LoadReport } from './load/load-report.ts';
export { keepAlive, type KeepAliveServer } from './server/keep-alive.ts';
