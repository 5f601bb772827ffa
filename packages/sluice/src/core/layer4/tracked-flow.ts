/** A connection that the kernel tracks, as `conntrack -L` prints it: a line with the addresses of both directions. */

/** Where its replies come from: the endpoint that has it. */
export interface FlowEnd {
  readonly address: string;
  readonly port: number;
}

/** States of TCP in which both sides are done; the entry stays for a while, and holds nobody up. */
const OVER = /\b(?:TIME_WAIT|CLOSE|LAST_ACK)\b/;
/** First as the client sees it, then as the endpoint's replies have it. */
const DIRECTIONS = /\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g;

/** The endpoint of a connection that goes on; null for one that is over or was not forwarded (a probe), and for lines that are about something else. */
export function endpointOfFlow(line: string): FlowEnd | null {
  if (OVER.test(line)) return null;
  const [asked, reply] = line.matchAll(DIRECTIONS);
  if (asked === undefined || reply === undefined) return null;
  const [, address = '', , port = ''] = reply;
  return address === asked[2] && port === asked[4] ? null : { address, port: Number(port) };
}
