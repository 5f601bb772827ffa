/** What a sink is told, as it is in core, where clients may read it. */
export * from '../../core/alerting/alert-notice.ts';
