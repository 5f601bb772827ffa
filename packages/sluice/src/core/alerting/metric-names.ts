/**
 * The metrics that rules may name, with their types and labels: configurations are checked without the catalogue of `observe`, which
 * this list is held equal to by a test, and there are a few figures that only alerts look at.
 */
export interface MetricName {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labels: readonly string[];
}

type Row = readonly [name: string, type: MetricName['type'], labels: string];

/** Figures that are no metrics, because they follow from others or from the machine. */
export const ALERT_FIGURES: readonly Row[] = [
  ['alert_service_endpoints_usable', 'gauge', 'service'],
  ['alert_scaler_at_max', 'gauge', 'service'],
  ['alert_memory_share', 'gauge', ''],
  ['alert_disk_share', 'gauge', 'path'],
];

const CATALOGUE: readonly Row[] = [
  ['sluice_requests_total', 'counter', 'listener code'],
  ['sluice_request_duration_seconds', 'histogram', 'listener'],
  ['sluice_request_bytes_total', 'counter', 'listener'],
  ['sluice_response_bytes_total', 'counter', 'listener'],
  ['sluice_requests_inflight', 'gauge', 'listener'],
  ['sluice_connections', 'gauge', 'listener'],
  ['sluice_connections_opened_total', 'counter', 'listener'],
  ['sluice_connections_closed_total', 'counter', 'listener reason'],
  ['sluice_connections_refused_total', 'counter', 'listener'],
  ['sluice_tls_handshakes_total', 'counter', 'listener version resumed'],
  ['sluice_tls_handshakes_failed_total', 'counter', 'listener cause'],
  ['sluice_http2_connections_failed_total', 'counter', 'listener cause'],
  ['sluice_http2_requests_malformed_total', 'counter', 'listener'],
  ['sluice_connections_failed_total', 'counter', 'listener cause'],
  ['sluice_datagrams_received_total', 'counter', 'listener'],
  ['sluice_datagrams_sent_total', 'counter', 'listener'],
  ['sluice_datagrams_dropped_total', 'counter', 'listener'],
  ['sluice_forward_proxy_denied_total', 'counter', 'listener reason'],
  ['sluice_route_requests_total', 'counter', 'route code'],
  ['sluice_route_request_duration_seconds', 'histogram', 'route'],
  ['sluice_route_request_bytes_total', 'counter', 'route'],
  ['sluice_route_response_bytes_total', 'counter', 'route'],
  ['sluice_route_requests_inflight', 'gauge', 'route'],
  ['sluice_route_retries_total', 'counter', 'route'],
  ['sluice_route_cache_requests_total', 'counter', 'route verdict'],
  ['sluice_route_cache_bytes_total', 'counter', 'route'],
  ['sluice_route_filter_answers_total', 'counter', 'route filter'],
  ['sluice_route_filter_failures_total', 'counter', 'route filter'],
  ['sluice_route_shed_total', 'counter', 'route'],
  ['sluice_service_requests_total', 'counter', 'service code'],
  ['sluice_service_request_duration_seconds', 'histogram', 'service'],
  ['sluice_service_request_bytes_total', 'counter', 'service'],
  ['sluice_service_response_bytes_total', 'counter', 'service'],
  ['sluice_service_requests_inflight', 'gauge', 'service'],
  ['sluice_service_grpc_total', 'counter', 'service status'],
  ['sluice_retries_total', 'counter', 'service'],
  ['sluice_retries_denied_total', 'counter', 'service'],
  ['sluice_hedges_total', 'counter', 'service'],
  ['sluice_hedges_won_total', 'counter', 'service'],
  ['sluice_shed_total', 'counter', 'service'],
  ['sluice_service_parked', 'gauge', 'service'],
  ['sluice_parked_total', 'counter', 'service'],
  ['sluice_service_queued', 'gauge', 'service'],
  ['sluice_service_waited_seconds', 'summary', 'service'],
  ['sluice_affinity_forged_total', 'counter', 'service'],
  ['sluice_affinity_stale_total', 'counter', 'service'],
  ['sluice_service_connections', 'gauge', 'service'],
  ['sluice_service_breaker_state', 'gauge', 'service'],
  ['sluice_service_concurrency_limit', 'gauge', 'service'],
  ['sluice_endpoint_requests_total', 'counter', 'service endpoint code'],
  ['sluice_endpoint_request_duration_seconds', 'histogram', 'service endpoint'],
  ['sluice_endpoint_request_bytes_total', 'counter', 'service endpoint'],
  ['sluice_endpoint_response_bytes_total', 'counter', 'service endpoint'],
  ['sluice_endpoint_inflight', 'gauge', 'service endpoint'],
  ['sluice_endpoint_up', 'gauge', 'service endpoint'],
  ['sluice_endpoint_ejected', 'gauge', 'service endpoint'],
  ['sluice_endpoint_draining', 'gauge', 'service endpoint'],
  ['sluice_ejections_total', 'counter', 'service endpoint'],
  ['sluice_endpoint_retries_total', 'counter', 'service endpoint'],
  ['sluice_endpoint_hedges_total', 'counter', 'service endpoint'],
  ['sluice_packets_received_total', 'counter', 'listener'],
  ['sluice_packets_sent_total', 'counter', 'listener'],
  ['sluice_service_packets_received_total', 'counter', 'service'],
  ['sluice_service_packets_sent_total', 'counter', 'service'],
  ['sluice_endpoint_packets_received_total', 'counter', 'service endpoint'],
  ['sluice_endpoint_packets_sent_total', 'counter', 'service endpoint'],
  ['sluice_certificate_expiry_seconds', 'gauge', 'listener name'],
  ['sluice_certificate_orders_total', 'counter', 'result'],
  ['sluice_instances', 'gauge', 'service version phase'],
  ['sluice_instances_wanted', 'gauge', 'service'],
  ['sluice_instances_max', 'gauge', 'service'],
  ['sluice_instances_min', 'gauge', 'service'],
  ['sluice_instances_ready', 'gauge', 'service'],
  ['sluice_instances_at_max', 'gauge', 'service'],
  ['sluice_service_asleep', 'gauge', 'service'],
  ['sluice_service_paused', 'gauge', 'service'],
  ['sluice_deploy_running', 'gauge', 'service'],
  ['sluice_deploy_share', 'gauge', 'service'],
  ['sluice_instance_info', 'gauge', 'service replica endpoint version'],
  ['sluice_instance_ready', 'gauge', 'service replica'],
  ['sluice_instance_cpu_cores', 'gauge', 'service replica'],
  ['sluice_instance_memory_bytes', 'gauge', 'service replica'],
  ['sluice_instance_restarts_total', 'counter', 'service replica'],
  ['sluice_cache_entries', 'gauge', 'cache tier'],
  ['sluice_cache_bytes', 'gauge', 'cache tier'],
  ['sluice_cache_capacity_bytes', 'gauge', 'cache tier'],
  ['sluice_cache_hits_total', 'counter', 'cache tier'],
  ['sluice_cache_misses_total', 'counter', 'cache tier'],
  ['sluice_cache_insertions_total', 'counter', 'cache tier'],
  ['sluice_cache_evictions_total', 'counter', 'cache tier'],
  ['sluice_service_degraded', 'gauge', 'service'],
  ['sluice_alerts', 'gauge', 'state severity'],
  ['sluice_alert_notices_total', 'counter', 'sink outcome'],
  ['sluice_spans_total', 'counter', 'outcome'],
  ['sluice_metrics_folded', 'gauge', 'label'],
  ['sluice_access_log_dropped_total', 'counter', ''],
  ['sluice_build_info', 'gauge', 'version runtime'],
  ['sluice_workers', 'gauge', ''],
  ['sluice_worker_restarts_total', 'counter', ''],
  ['sluice_worker_utilization_ratio', 'gauge', 'worker'],
  ['sluice_main_thread_busy_seconds_total', 'counter', ''],
  ['sluice_config_generation', 'gauge', ''],
  ['sluice_reloads_total', 'counter', 'result'],
  ['process_cpu_seconds_total', 'counter', ''],
  ['process_resident_memory_bytes', 'gauge', ''],
  ['process_virtual_memory_bytes', 'gauge', ''],
  ['process_open_fds', 'gauge', ''],
  ['process_max_fds', 'gauge', ''],
  ['process_start_time_seconds', 'gauge', ''],
];

const BY_NAME: ReadonlyMap<string, MetricName> = new Map(
  [...CATALOGUE, ...ALERT_FIGURES].map(([name, type, labels]) => [name, { type, labels: labels === '' ? [] : labels.split(' ') }]),
);

/** Undefined: there is no such metric. */
export function metricNamed(name: string): MetricName | undefined {
  return BY_NAME.get(name);
}

export function metricNames(): readonly string[] {
  return [...BY_NAME.keys()];
}
