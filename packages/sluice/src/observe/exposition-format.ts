/** The two text formats of metrics, and which of them somebody who scrapes wants: Prometheus text 0.0.4, OpenMetrics 1.0 (with exemplars). */

export type ExpositionFormat = 'prometheus' | 'openmetrics';

/** The Content-Type of each. */
export const EXPOSITION_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Headers that are longer are not read: Prometheus sends 200 characters. */
const ACCEPT_LENGTH_MAX = 1_000;
/** Versions of OpenMetrics that this one can be read as. */
const VERSIONS: readonly string[] = ['1.0.0', '0.0.1'];

/**
 * OpenMetrics where the header prefers it to plain text (RFC 9110 §12.5.1), else Prometheus text, also for those who ask for neither.
 * @param accept The field's value; '' when there is none.
 */
export function negotiate(accept: string): ExpositionFormat {
  let openmetrics = 0;
  let text = 0;
  for (const item of accept.slice(0, ACCEPT_LENGTH_MAX).toLowerCase().split(',')) {
    const [type = '', ...parameters] = item.split(';').map((part) => part.trim());
    const quality = qualityOf(parameters);
    if (type === 'application/openmetrics-text' && isOurs(parameters)) openmetrics = Math.max(openmetrics, quality);
    else if (type === 'text/plain' || type === 'text/*') text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'prometheus';
}

function isOurs(parameters: readonly string[]): boolean {
  const version = parameters.find((parameter) => parameter.startsWith('version='));
  return version === undefined || VERSIONS.includes(version.slice('version='.length).replaceAll('"', ''));
}

function qualityOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const value = quality === undefined ? 1 : Number(quality.slice(2));
  return value >= 0 && value <= 1 ? value : 0;
}
