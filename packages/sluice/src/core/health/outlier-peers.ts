/**
 * The outlier rules that compare an endpoint with its peers over one interval. Only endpoints with enough requests take part, and a rule
 * needs enough of them. With n endpoints no figure can lie more than √(n - 1) standard deviations from the mean, so with a factor of 1.9
 * the success-rate rule cannot eject anything below five endpoints (Envoy's default minimum).
 */

export interface PeerFigures {
  readonly ended: number;
  readonly failed: number;
  /** Of all that ended, together. */
  readonly latencySumMs: number;
}

export interface SuccessRateRule {
  /** Endpoints with enough requests that the rule needs. */
  readonly minimumHosts: number;
  /** Requests in the interval that an endpoint needs to take part. */
  readonly requestVolume: number;
  /** k in mean - k × standard deviation. */
  readonly stdevFactor: number;
}

export interface LatencyRule {
  readonly minimumHosts: number;
  readonly requestVolume: number;
  /** Multiple of the median of the peers' mean latencies. */
  readonly factor: number;
}

export interface Standout {
  readonly endpoint: string;
  readonly figure: number;
  readonly limit: number;
}

/** Below this distance from its peers a slow endpoint is left to the balancer: one delayed event-loop turn makes as much. */
export const LATENCY_EXCESS_MIN_MS = 5;

type Peer = PeerFigures & { readonly endpoint: string };

/** Endpoints with a success rate below mean - k × (population) standard deviation, the worst first. */
export function successRateOutliers(peers: readonly Peer[], rule: SuccessRateRule | null): readonly Standout[] {
  if (rule === null) return [];
  const rated = withVolume(peers, rule).map(({ endpoint, ended, failed }) => ({ endpoint, rate: 1 - failed / ended }));
  if (rated.length < rule.minimumHosts) return [];
  const mean = rated.reduce((sum, { rate }) => sum + rate, 0) / rated.length;
  const variance = rated.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0) / rated.length;
  const limit = mean - rule.stdevFactor * Math.sqrt(variance);
  const found = rated.filter(({ rate }) => rate < limit).sort((left, right) => left.rate - right.rate);
  return found.map(({ endpoint, rate }) => ({ endpoint, figure: rate, limit }));
}

/** Endpoints with a mean latency above factor × the median of their peers' (themselves left out), the slowest first. */
export function latencyOutliers(peers: readonly Peer[], rule: LatencyRule | null): readonly Standout[] {
  if (rule === null) return [];
  const timed = withVolume(peers, rule).map(({ endpoint, ended, latencySumMs }) => ({ endpoint, meanMs: latencySumMs / ended }));
  if (timed.length < Math.max(2, rule.minimumHosts)) return [];
  timed.sort((left, right) => right.meanMs - left.meanMs);
  const found: Standout[] = [];
  for (const [index, { endpoint, meanMs }] of timed.entries()) {
    const medianMs = medianWithout(timed, index);
    const limit = Math.max(medianMs * rule.factor, medianMs + LATENCY_EXCESS_MIN_MS);
    if (meanMs > limit) found.push({ endpoint, figure: meanMs, limit });
  }
  return found;
}

function withVolume(peers: readonly Peer[], rule: { readonly requestVolume: number }): Peer[] {
  return peers.filter(({ ended }) => ended > 0 && ended >= rule.requestVolume);
}

/** Median of a sorted list without the entry at `index`. */
function medianWithout(sorted: readonly { readonly meanMs: number }[], index: number): number {
  const count = sorted.length - 1;
  const at = (position: number): number => sorted[position < index ? position : position + 1]!.meanMs;
  return count % 2 === 1 ? at((count - 1) / 2) : (at(count / 2 - 1) + at(count / 2)) / 2;
}
