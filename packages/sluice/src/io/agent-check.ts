/**
 * Asks a HAProxy-style agent: connect, read one line of at most 1 KiB, close (HAProxy configuration manual, `agent-check`). What the line means is
 * core/balancing/agent-check.ts's matter.
 */
import type { AddressPlan } from '../config/plan.ts';
import { holdShortTalk } from './short-talk.ts';

/** Longest line that is read. */
export const AGENT_LINE_BYTES_MAX = 1_024;

/** Reads an agent's line, without its end; rejects when there is none, and when the signal is aborted. */
export type AskAgent = (address: AddressPlan, signal: AbortSignal) => Promise<string>;

/** The agent check that the program uses outside tests. */
export const nodeAskAgent: AskAgent = async (address, signal) => {
  let text = '';
  return holdShortTalk<string>({
    address,
    tls: null,
    send: '',
    signal,
    received(bytes) {
      text += bytes.toString('latin1');
      const end = text.search(/[\r\n\0]/);
      if (end >= 0 && end <= AGENT_LINE_BYTES_MAX) return text.slice(0, end);
      if (text.length > AGENT_LINE_BYTES_MAX) throw new Error(`the agent's line is above ${AGENT_LINE_BYTES_MAX} bytes`);
      return null;
    },
    ended() {
      if (text === '') throw new Error('the agent closed without a line');
      return text;
    },
  });
};
