/** Answers that come before any route is looked for: proofs for an ACME server, the way to https, and requests that came by the wrong connection. */
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { PeerIdentity } from './forwarding.ts';
import type { RequestView } from './request-view.ts';

/** RFC 8555 §8.3. */
const ACME_PREFIX = '/.well-known/acme-challenge/';
const HTTPS_PORT = 443;

/** The answer, or null when a route has it. */
export function earlyAnswer(listener: ListenerContext, { tls }: PeerIdentity, view: RequestView): OwnAnswer | null {
  if (tls !== null) {
    // RFC 9110 §15.5.20; by a connection that another name's certificates and rules let in, nothing is asked of this one.
    return listener.isMisdirected(view.host, tls) ? { status: 421 } : null;
  }
  if (listener.plan.tls !== null) return { status: 421 }; // from before a reload: who comes now is asked for more
  return acmeProof(listener, view.path) ?? redirectToHttps(listener, view);
}

/** The authority looks at port 80, also where everything else there is sent to https. */
function acmeProof(listener: ListenerContext, path: string): OwnAnswer | null {
  const { http } = listener.worker.plan.acmeChallenges;
  if (http.length === 0 || !path.startsWith(ACME_PREFIX)) return null;
  const proof = http.find(({ token }) => token === path.slice(ACME_PREFIX.length));
  return proof === undefined ? null : { status: 200, fields: 'Content-Type: application/octet-stream\r\n', body: proof.keyAuthorization };
}

function redirectToHttps(listener: ListenerContext, view: RequestView): OwnAnswer | null {
  const { redirectToHttps: redirect } = listener.plan;
  if (redirect === null) return null;
  if (view.host === '') return { status: 400 }; // HTTP/1.0 without Host: nobody knows where to
  const port = redirect.port === HTTPS_PORT ? '' : `:${redirect.port}`;
  return { status: redirect.status, fields: `Location: https://${view.host}${port}${view.target}\r\n` };
}
