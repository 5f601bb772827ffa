/**
 * Connections to a collector for one signal: one at a time, kept for the next export. Through it each reply is heard, and a request that takes too long is ended: the exporter's
 * own timeout begins anew with every byte.
 */
import type * as nodeHttp from 'node:http';
import type { HeardReply } from './heard-reply.ts';

export interface CollectorAgent {
  readonly agent: nodeHttp.Agent;
  /** From now on requests are heard by this one. */
  listen(reply: HeardReply): void;
  /** Ends what is under way; the next request opens a connection. */
  reset(): void;
}

/** What Node's agents do for `http.request`. */
interface OpeningAgent {
  addRequest(request: nodeHttp.ClientRequest, options: object): void;
}

/** @param caPem The authority to trust instead of Node's; null: those of Node. */
export function collectorAgent(protocol: string, caPem: string | null): CollectorAgent {
  const options = { keepAlive: true, maxSockets: 1 };
  const agent =
    protocol === 'https:'
      ? new (process.getBuiltinModule('node:https').Agent)({ ...options, ...(caPem === null ? {} : { ca: caPem }) })
      : new (process.getBuiltinModule('node:http').Agent)(options);
  let listener: HeardReply | null = null;
  const opening = agent as nodeHttp.Agent & OpeningAgent;
  const addRequest = opening.addRequest.bind(agent);
  opening.addRequest = (request, more) => {
    listener?.hear(request);
    addRequest(request, more);
  };
  return {
    agent,
    listen: (reply) => void (listener = reply),
    reset: () => agent.destroy(),
  };
}
