/**
 * The process that orders certificates: here, and not in the gateway's process, live the ACME client, the account's key and what makes keys and
 * certificates. Proofs are made here and shown by the gateway's listeners. It ends with who asks.
 */
import { readFile } from 'node:fs/promises';
import type { AcmeSettings } from '../../config/compile.ts';
import type { AcmeChallengesPlan } from '../../config/plan.ts';
import { nodeRuntime } from '../../io/node-runtime.ts';
import { AcmeIssuer, explainRefusal } from './acme-issuer.ts';
import { ChallengeBoard } from './challenge-board.ts';
import type { FromIssuing, IssuingCall, ToIssuing } from './issuing-protocol.ts';

let issuer: Promise<AcmeIssuer> | null = null;
let published = 0;
const publishing = new Map<number, PromiseWithResolvers<void>>();
const running = new Map<number, AbortController>();

const say = (message: FromIssuing): void => void process.send?.(message);

async function makeIssuer({ directory, storage, challenge, email, account, caFile }: AcmeSettings): Promise<AcmeIssuer> {
  const caPem = caFile === null ? undefined : await readFile(caFile, 'utf8');
  const { clock } = nodeRuntime;
  const responder = new ChallengeBoard({ clock, publish });
  const common = { directoryUrl: directory, storage, challenge, email, external: account, responder, clock };
  return new AcmeIssuer({ ...common, ...(caPem === undefined ? {} : { caPem }) });
}

function publish(challenges: AcmeChallengesPlan): Promise<void> {
  const settle = Promise.withResolvers<void>();
  publishing.set(++published, settle);
  say({ type: 'publish', id: published, challenges });
  return settle.promise;
}

async function answer(id: number, call: IssuingCall): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  try {
    say({ type: 'done', id, value: await run(call, abort.signal) });
  } catch (error) {
    say({ type: 'failed', id, refusal: explainRefusal(error) });
  } finally {
    running.delete(id);
  }
}

async function run(call: IssuingCall, signal: AbortSignal): Promise<unknown> {
  if (issuer === null) throw new Error('no settings came before the first question');
  const own = await issuer;
  switch (call.method) {
    case 'stored':
      return own.stored(call.names);
    case 'issue':
      return own.issue(call.names, call.previous, signal);
    case 'renewalInfo':
      return own.renewalInfo(call.certificate, signal);
    case 'remember':
      return own.remember(call.names, call.past);
  }
}

function received(message: ToIssuing): void {
  switch (message.type) {
    case 'settings':
      issuer = makeIssuer(message.settings);
      // Whoever asks is told.
      issuer.catch(() => {});
      return;
    case 'call':
      return void answer(message.id, message.call);
    case 'abort':
      return running.get(message.id)?.abort(new Error('no longer wanted'));
    case 'published': {
      const settle = publishing.get(message.id);
      publishing.delete(message.id);
      if (message.error === null) settle?.resolve();
      else settle?.reject(new Error(message.error));
    }
  }
}

process.on('message', (message) => received(message as ToIssuing));
process.on('disconnect', () => process.exit(0));
// What a terminal or an init system sends to everybody is for the gateway, which ends us.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
