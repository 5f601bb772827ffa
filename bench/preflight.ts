/** Before anything is measured: every proxy must give the right answers, or its figures mean nothing. */
import { LARGE_BYTES, SMALL_BODY, type Origin } from './origin.ts';
import type { SubjectKind } from './peers/subject.ts';

/** The kinds that are installed and correct; says why another is left out. */
export async function usableKinds(kinds: readonly SubjectKind[], origin: Origin, log: (line: string) => void): Promise<SubjectKind[]> {
  const usable: SubjectKind[] = [];
  for (const kind of kinds) {
    const fault = kind.version() === null ? 'not installed' : await faultOf(kind, origin);
    if (fault === null) usable.push(kind);
    else log(`${kind.name} is left out: ${fault}`);
  }
  return usable;
}

async function faultOf(kind: SubjectKind, origin: Origin): Promise<string | null> {
  for (const upstream of ['tcp', 'unix'] as const) {
    try {
      const subject = await kind.start({ origin, upstream, workers: 1 });
      const fault = await wrongAnswer(subject.port);
      await subject.started.stop();
      if (fault !== null) return `${fault} (${upstream} upstream)`;
    } catch (error) {
      return String(error);
    }
  }
  return null;
}

async function wrongAnswer(port: number): Promise<string | null> {
  const base = `http://127.0.0.1:${port}`;
  const signal = AbortSignal.timeout(5000);
  const small = await fetch(`${base}/small`, { signal });
  if (small.status !== 200 || (await small.text()) !== SMALL_BODY) return `GET /small gave ${small.status}`;
  const large = await fetch(`${base}/large`, { signal });
  if (large.status !== 200 || (await large.arrayBuffer()).byteLength !== LARGE_BYTES) return `GET /large gave ${large.status}`;
  const put = await fetch(`${base}/put/probe`, { method: 'PUT', body: Buffer.alloc(LARGE_BYTES, 'u'), signal });
  if (put.status !== 201 && put.status !== 204) return `PUT /put/probe gave ${put.status}`;
  await put.arrayBuffer();
  const missing = await fetch(`${base}/missing`, { signal });
  await missing.arrayBuffer();
  return missing.status === 404 ? null : `GET /missing gave ${missing.status}`;
}
