/** The series of a service, or of all, as a signal: read once, then carried on with each snapshot; longer ones, whose steps are long, are read anew. */
import { effect, useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { getJson } from '../api/client.ts';
import type { Rate, TrafficSeries, TrafficSnapshot } from '../api/types.ts';
import { connection, fleetByName, traffic } from '../store/store.ts';
import { EMPTY_SERIES, extendSeries } from '../view/series.ts';

const AGAIN_MS = 15_000;
/** Steps up to here are carried on. */
const STEP_MAX_SECONDS = 2;

/** @param service Null: all listeners together. */
export function useSeries(service: string | null, seconds: number): ReadonlySignal<TrafficSeries> {
  const series = useSignal<TrafficSeries>(EMPTY_SERIES);
  useEffect(() => {
    const stop = new AbortController();
    const read = async () => {
      const next = await getJson<TrafficSeries>('api/series', { query: { service, seconds }, signal: stop.signal });
      series.value = next;
    };
    // What was missed while the connection was lost is read, too: the series is asked for again each quarter of a minute.
    const look = () => void read().catch(() => {});
    look();
    const timer = setInterval(() => document.hidden || look(), AGAIN_MS);
    const carry = effect(() => {
      const snapshot = traffic.value;
      if (snapshot === null || connection.peek().state !== 'live') return;
      const known = series.peek();
      const rate = rateOf(snapshot, service);
      if (rate === undefined || known.stepSeconds > STEP_MAX_SECONDS) return;
      series.value = extendSeries(known, rate, fleetValues(service), snapshot.at, seconds);
    });
    return () => {
      stop.abort();
      clearInterval(timer);
      carry();
    };
  }, [service, seconds]);
  return series;
}

function rateOf(snapshot: TrafficSnapshot, service: string | null): Rate | undefined {
  return service === null ? snapshot.total : snapshot.services[service];
}

function fleetValues(service: string | null): Readonly<Record<string, number>> {
  const fleet = service === null ? undefined : fleetByName.peek().get(service);
  return fleet === undefined ? {} : { wanted: fleet.wanted, ready: fleet.ready, min: fleet.min, max: fleet.max };
}
