/** A connection that the kernel tracks, as `conntrack -L` prints it: a line with the addresses of both directions. */

/** Where its replies come from: the endpoint that has it. */
export interface FlowEnd {
  readonly address: string;
  readonly port: number;
}

/** States of TCP in which both sides are done; the entry stays for a while, and holds nobody up. */
const OVER = /\b(?:TIME_WAIT|CLOSE|LAST_ACK)\b/;
/** The second source is that of the replies. */
const SOURCES = /\bsrc=(\S+) dst=\S+ sport=(\d+)/g;

/** The endpoint of a connection that goes on; null for one that is over, and for lines that are about something else. */
export function endpointOfFlow(line: string): FlowEnd | null {
  if (OVER.test(line)) return null;
  const [, reply] = line.matchAll(SOURCES);
  return reply === undefined ? null : { address: reply[1]!, port: Number(reply[2]) };
}
