/**
 * h2spec against the gateway: `node h2spec.ts [PATH] [--strict] [--at-least 146] [--port N [--tls]]`. PATH (or `H2SPEC` in the environment)
 * is the program, which is not part of this repository. Starts an origin and `sluice up` and prints the figure and each failed case; the
 * exit code is 1 when fewer cases passed than `--at-least`, all by default. `--port` measures another server that runs already.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { oneOrigin, startGateway } from '../support/gateway.ts';
import { type H2specReport, readH2spec } from './h2spec-report.ts';

/** A case waits at most 2 s for an answer, so a server that fails all of them takes about 300 s. */
const TIME_LIMIT_MS = 400_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    strict: { type: 'boolean', default: false },
    'at-least': { type: 'string' },
    port: { type: 'string' },
    tls: { type: 'boolean', default: false },
  },
});
const program = positionals[0] ?? process.env['H2SPEC'];

async function runH2spec(path: string, port: number): Promise<H2specReport> {
  const parameters = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    ...(values.strict ? ['--strict'] : []),
    ...(values.tls ? ['--tls', '--insecure'] : []),
  ];
  const child = spawn(path, parameters, { stdio: ['ignore', 'pipe', 'inherit'], timeout: TIME_LIMIT_MS });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  const report = readH2spec(output);
  if (report === null) throw new Error(`${path} did not run to its end:\n${output.slice(-2000)}`);
  return report;
}

async function againstGateway(path: string): Promise<H2specReport> {
  const origin = createServer((request, response) => request.resume().on('end', () => response.end('x'.repeat(64))));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  try {
    await using gateway = await startGateway(oneOrigin((origin.address() as AddressInfo).port));
    return await runH2spec(path, gateway.port);
  } finally {
    origin.closeAllConnections();
    origin.close();
  }
}

function print({ cases, passed, failures }: H2specReport): void {
  for (const { section, number, title, actual } of failures) console.log(`failed ${section}, ${number}: ${title}\n       got ${actual}`);
  console.log(`h2spec: ${passed} of ${cases} passed`);
}

if (program === undefined) {
  console.error('h2spec: give the path of the program, or set H2SPEC. It is found at https://github.com/summerwind/h2spec.');
  process.exitCode = 2;
} else {
  const report = values.port === undefined ? await againstGateway(program) : await runH2spec(program, Number(values.port));
  print(report);
  if (report.passed < Number(values['at-least'] ?? report.cases)) process.exitCode = 1;
}
