/** What a fresh hit costs here: `node packages/sluice/src/core/caching/http/reuse.bench.ts`. To hold: below 500 ns for verdict, age and Age line. */
import { timestamp } from '../../../base/time.ts';
import { TextFields } from './fields.ts';
import { currentAge, judge } from './reuse.ts';
import { ageLine } from './stored-head.ts';
import { HAS_VALIDATOR, type StoredReply } from './stored-reply.ts';

const ROUNDS = 5;
const HITS = 1_000_000;
const RECEIVED = 1_700_000_000_000;

const HEAD =
  'Host: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: text/html,application/xhtml+xml\r\n' +
  'Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nCookie: session=0123456789abcdef\r\nReferer: https://www.example.com/\r\nDNT: 1\r\n';

const stored: StoredReply = {
  kind: 'reply',
  status: 200,
  receivedAt: timestamp(RECEIVED),
  initialAgeMs: 120,
  freshForMs: 3_600_000,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  flags: HAS_VALIDATOR,
  head: '',
  bodyBytes: 1000,
};

for (const [name, text] of [
  ['no Cache-Control', HEAD],
  ['Cache-Control: max-age=3600', `${HEAD}Cache-Control: max-age=3600\r\n`],
] as const) {
  const nanoseconds: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let index = 0; index < HITS; index++) {
      const now = timestamp(RECEIVED + index);
      if (judge(stored, new TextFields(text), now).kind === 'fresh') bytes += ageLine(currentAge(stored, now)).length;
    }
    nanoseconds.push(((performance.now() - start) * 1e6) / HITS);
  }
  const median = nanoseconds.toSorted((left, right) => left - right)[ROUNDS >> 1]!;
  process.stdout.write(`fresh hit, ${name}: ${median.toFixed(0)} ns (${bytes} bytes of Age lines)\n`);
}
