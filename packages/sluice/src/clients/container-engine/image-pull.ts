/** Fetching an image: a stream of progress, in which a failure may come after a status of 200. Bounded: by silence, and as a whole. */
import type { EngineConnection } from './engine-connection.ts';
import { EngineFault } from './engine-fault.ts';
import { readJsonLines } from './json-lines.ts';

/** No progress for so long is the end of it. */
const SILENCE_MS = 60_000;
const WHOLE_MS = 900_000;
/** What registries and engines say of an image that is not there for us, whatever the status: another try leads to the same. */
const HOPELESS = /manifest unknown|not found|does not exist|denied|unauthorized|authentication required|invalid reference|no such image/i;

interface Progress {
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/** @throws {EngineFault} `missing` when there is no such image, or not for us; `away` when the registry cannot be reached. */
export async function pullImage(connection: EngineConnection, image: string): Promise<void> {
  const abort = new AbortController();
  const whole = setTimeout(() => abort.abort(), WHOLE_MS);
  const silence = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const query = { fromImage: image, ...(hasTag(image) ? {} : { tag: 'latest' }) };
    const call = { method: 'POST', path: '/images/create', query, deadlineMs: SILENCE_MS } as const;
    let fault: string | null = null;
    for await (const progress of readJsonLines(await connection.stream(call, abort.signal))) {
      silence.refresh();
      const { error, errorDetail } = progress as Progress;
      fault = errorDetail?.message ?? error ?? fault;
    }
    if (abort.signal.aborted) fault = 'it took too long';
    if (fault !== null) throw pullFault(image, fault);
  } catch (error) {
    const { kind, status, message } = error as EngineFault;
    throw status === null || kind === 'setup' ? error : pullFault(image, message);
  } finally {
    clearTimeout(whole);
    clearTimeout(silence);
  }
}

/** Whether the name ends in a tag or a digest; without one an engine would fetch all tags. */
function hasTag(image: string): boolean {
  return image.includes('@') || image.slice(image.lastIndexOf('/') + 1).includes(':');
}

function pullFault(image: string, words: string): EngineFault {
  const text = words.trim().slice(0, 500);
  if (HOPELESS.test(text)) {
    return new EngineFault(
      'missing',
      `image ${image} cannot be fetched: ${text}; check its name, or fetch it by hand when its registry wants a login`,
    );
  }
  return new EngineFault('away', `image ${image} cannot be fetched now: ${text}`);
}
