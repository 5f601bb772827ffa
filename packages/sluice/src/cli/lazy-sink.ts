/** A sink whose code, and the libraries behind it, are loaded with the first notice: most gateways never tell anybody, and who does tells seldom. */
import type { SinkPlan } from '../config/alert-plan.ts';
import type { AlertSink } from '../core/alerting/alert-notice.ts';

/** @param repeatMs How often a notice of what goes on is sent again. */
export function lazySink(plan: SinkPlan, repeatMs: number): AlertSink {
  let sink: AlertSink | null = null;
  return {
    async send(notice, signal) {
      const { makeSink } = await import('../clients/alert-sinks/make-sink.ts');
      // A test beside the line may have been first.
      sink ??= makeSink(plan, repeatMs);
      await sink.send(notice, signal);
    },
    async [Symbol.asyncDispose]() {
      await sink?.[Symbol.asyncDispose]();
    },
  };
}
