/** `sluice cert dev`: a certificate for development, and how to make clients trust it. */
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type DevCertificate, devCertificate } from '../io/dev-certificate.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { writeWhole } from '../io/private-files.ts';
import { CommandFault, EXIT_FAILED } from './console.ts';

interface DevFlags {
  readonly out?: string;
  readonly rsa?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  const cert = program.command('cert').description('Make certificates.');
  cert
    .command('dev')
    .description('Make a certificate for development, signed by an authority of your own that is made once.')
    .argument('[names...]', 'host names, *.HOST and IP addresses (default: localhost, *.localhost, 127.0.0.1 and ::1)')
    .option('--out <directory>', 'put the certificate, its key and the authority there, too')
    .option('--rsa', 'an RSA key instead of ECDSA')
    .action(async (names: string[], flags: DevFlags) => {
      const made = await make(names, flags);
      process.stdout.write(`${describe(made).join('\n')}\n`);
    });
}

/** @throws {CommandFault} */
async function make(names: readonly string[], flags: DevFlags): Promise<DevCertificate> {
  try {
    const made = await devCertificate(names, { now: nodeRuntime.clock.wall(), keyType: flags.rsa === true ? 'rsa' : 'ec' });
    return flags.out === undefined ? made : await copyTo(resolve(flags.out), made);
  } catch (error) {
    throw new CommandFault([error instanceof Error ? error.message : String(error)], EXIT_FAILED);
  }
}

async function copyTo(directory: string, made: DevCertificate): Promise<DevCertificate> {
  await mkdir(directory, { recursive: true });
  const files = {
    certFile: join(directory, basename(made.certFile)),
    keyFile: join(directory, basename(made.keyFile)),
    caFile: join(directory, 'ca.pem'),
  };
  await writeWhole(files.keyFile, made.material.keyPem);
  await writeWhole(files.certFile, made.material.certPem, 0o644);
  await copyFile(made.caFile, files.caFile);
  return { ...made, ...files };
}

function describe({ material, certFile, keyFile, caFile }: DevCertificate): string[] {
  const ca = shellWord(caFile);
  const host = material.names.find((name) => !name.startsWith('*')) ?? 'localhost';
  return [
    `certificate  ${certFile}`,
    `key          ${keyFile}`,
    `authority    ${caFile}`,
    `for          ${material.names.join(', ')}`,
    `valid until  ${new Date(material.notAfter).toISOString().slice(0, 10)}`,
    '',
    'Trust the authority:',
    `  Debian  sudo cp ${ca} /usr/local/share/ca-certificates/sluice-dev.crt && sudo update-ca-certificates`,
    `  macOS   sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${ca}`,
    `  curl    curl --cacert ${ca} https://${host.includes(':') ? `[${host}]` : host}:8443/`,
    `  Node    NODE_EXTRA_CA_CERTS=${ca} node client.js`,
  ];
}

/** As it is typed in a shell. */
function shellWord(path: string): string {
  return /^[\w./@%+:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
