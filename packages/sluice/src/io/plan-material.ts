/**
 * What the files hold that a plan names: certificates, keys, authorities, revocation lists. Everything is read and checked before the plan goes anywhere, so that a
 * wrong file is a fault with its place in the configuration, and never an error of a listener that runs. Files are relative to the configuration's.
 */
import { resolve } from 'node:path';
import type { Timestamp } from '../base/time.ts';
import type { AcmeSettings } from '../config/compile.ts';
import { unusedCertificates } from '../config/unused-certificates.ts';
import { type Fault, firstLine, makeFault, type Path } from '../config/fault.ts';
import type { ForwardProxyListenerPlan, ListenerPlan, Plan, ServicePlan } from '../config/plan.ts';
import type { CertificatePlan, ClientCertificatePlan, TlsPlan, UpstreamTlsPlan } from '../config/tls-plan.ts';
import { readCaches } from './cache-material.ts';
import { type CertificateReading, type LoadedCertificate, readCertificate } from './certificate.ts';
import type { CertificateFault } from './certificate-fault.ts';
import { CertificateStore } from './certificate-store.ts';
import { type FileState, fileState } from './file-state.ts';
import { type FilterReader, readFilters } from './filter-material.ts';
import { readBasic } from './filter-material-basic.ts';
import { readCaBundle, readRevocationLists, type TrustReading } from './trust-file.ts';

export interface MaterialOptions {
  /** What relative paths are relative to. */
  readonly directory: string;
  /** The configuration's own file; null where it is not one. */
  readonly path: string | null;
  readonly now: Timestamp;
  /** The configuration, from which faults take their names. */
  readonly root: unknown;
  /** Where certificates are kept that were ordered by ACME; null: none were. */
  readonly acme: Pick<AcmeSettings, 'storage' | 'directory'> | null;
}

export interface Material {
  readonly plan: Plan;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** Certificates out of their time: a gateway goes on with them, `check` refuses them. */
  readonly outdated: readonly Fault[];
  readonly files: readonly FileState[];
}

/** Fills a plan with what its files hold. Every fault at once; with faults, the plan is not to be run. */
export async function readMaterial(plan: Plan, options: MaterialOptions): Promise<Material> {
  const reader = new MaterialReader(options);
  const listeners = await Promise.all(plan.listeners.map((listener) => reader.listener(listener)));
  const services = await Promise.all(plan.services.map((service) => reader.service(service)));
  const routes = await Promise.all(plan.routes.map((route, index) => readFilters(route, index, reader)));
  const { caches, memories } = await readCaches(plan, reader);
  const { faults, warnings, outdated } = reader;
  return {
    plan: { ...plan, listeners, services, routes, caches, memories },
    faults,
    warnings,
    outdated,
    files: await Promise.all(reader.files.values()),
  };
}

class MaterialReader implements FilterReader {
  readonly faults: Fault[] = [];
  readonly warnings: Fault[] = [];
  readonly outdated: Fault[] = [];
  readonly files = new Map<string, Promise<FileState>>();
  readonly #options: MaterialOptions;
  /** By files: listeners often share them. */
  readonly #pairs = new Map<string, Promise<CertificateReading>>();

  constructor(options: MaterialOptions) {
    this.#options = options;
  }

  get directory(): string {
    return this.#options.directory;
  }

  get configPath(): string | null {
    return this.#options.path;
  }

  fault(path: Path, what: string, hint?: string): void {
    this.faults.push(makeFault(this.#options.root, { path, what, ...(hint === undefined ? {} : { hint }) }));
  }

  watch(file: string): Promise<FileState> {
    const state = this.files.get(file) ?? fileState(file);
    this.files.set(file, state);
    return state;
  }

  async listener(given: ListenerPlan): Promise<ListenerPlan> {
    const listener = given.kind === 'forward' ? await this.#forwardProxy(given) : given;
    if (listener.kind === 'datagram' || listener.tls === null) return listener;
    const tls = await this.#tls(listener.tls, ['listeners', listener.name, 'tls']);
    return { ...listener, tls };
  }

  async #forwardProxy(listener: ForwardProxyListenerPlan): Promise<ForwardProxyListenerPlan> {
    const { name, rules } = listener;
    if (rules.basic === null) return listener;
    return { ...listener, rules: { ...rules, basic: await readBasic(rules.basic, ['listeners', name], this) } };
  }

  async service(service: ServicePlan): Promise<ServicePlan> {
    if (service.tls === null) return service;
    return { ...service, tls: await this.#upstream(service.tls, ['services', service.name, 'tls']) };
  }

  async #tls(tls: TlsPlan, path: Path): Promise<TlsPlan> {
    const certificates = await Promise.all(
      tls.certificates.map((certificate, index) => this.#certificate(certificate, [...path, 'certificates', index])),
    );
    for (const { index, instead } of unusedCertificates(certificates)) {
      const what = `is never used: certificates[${instead}] has the same names and type of key`;
      this.#warn([...path, 'certificates', index], { what, hint: 'take it out' });
    }
    const clientCertificates = await this.#clients(tls.clientCertificates, [...path, 'clientCertificates']);
    const hosts = await Promise.all(
      tls.hosts.map(async (host) => {
        const at = [...path, 'hosts', host.serverNames[0] ?? '', 'clientCertificates'];
        return { ...host, clientCertificates: await this.#clients(host.clientCertificates, at) };
      }),
    );
    return { ...tls, certificates, clientCertificates, hosts };
  }

  #certificate(certificate: CertificatePlan, path: Path): Promise<CertificatePlan> {
    switch (certificate.source.kind) {
      case 'files':
        return this.#fromFiles(certificate, certificate.source, path);
      case 'dev':
        return this.#fromDev(certificate, certificate.source.names, path);
      case 'acme':
        return this.#fromOrder(certificate, certificate.source.names, path);
    }
  }

  async #fromFiles(certificate: CertificatePlan, source: { cert: string; key: string }, path: Path): Promise<CertificatePlan> {
    const loaded = await this.#pair(source.cert, source.key, path);
    if (loaded === null) return certificate;
    const names = certificate.names.length > 0 ? certificate.names : loaded.names;
    if (names.length === 0) {
      const what = 'is made out to no name (no subjectAltName), so that no client would ever get it by its name';
      this.#warn([...path, 'cert'], { what, hint: 'add names: [NAME], or have it issued anew' });
    }
    for (const [index, name] of certificate.names.entries()) {
      if (loaded.names.length === 0 || covers(loaded.names, name)) continue;
      const what = `is ${JSON.stringify(name)}, but the certificate is made out to ${loaded.names.slice(0, 4).join(', ')}: clients will refuse it`;
      this.#warn([...path, 'names', index], { what, hint: 'take it out, or have the certificate issued anew' });
    }
    return { ...certificate, names, material: materialOf(loaded) };
  }

  async #fromDev(certificate: CertificatePlan, names: readonly string[], path: Path): Promise<CertificatePlan> {
    try {
      // Loaded here alone: what makes certificates is large, and most configurations make none.
      const { devCertificate } = await import('./dev-certificate.ts');
      const { material } = await devCertificate(names, { now: this.#options.now });
      return { ...certificate, material: materialOf(material) };
    } catch (error) {
      this.#fault([...path, 'dev'], { what: `cannot be made: ${firstLine(error)}`, hint: null });
      return certificate;
    }
  }

  async #fromOrder(certificate: CertificatePlan, names: readonly string[], path: Path): Promise<CertificatePlan> {
    const { acme, now } = this.#options;
    if (acme === null) return certificate;
    const store = new CertificateStore({ storage: acme.storage, directoryUrl: acme.directory });
    const found = await store.certificate(names, now).catch((error: unknown) => firstLine(error));
    if (found === null) return certificate;
    if (typeof found === 'string' || !found.ok) {
      // It is ordered again; until then there is none.
      const reasons = typeof found === 'string' ? found : found.faults.map(({ message }) => message).join('; ');
      this.#warn([...path, 'acme'], { what: `has a stored certificate that cannot be used: ${reasons}`, hint: null });
      return certificate;
    }
    for (const warning of found.warnings) this.#outdate([...path, 'acme'], warning);
    return { ...certificate, material: materialOf(found.material) };
  }

  /** A certificate and its key; null when something is wrong with them, which is noted. */
  async #pair(cert: string, key: string, path: Path): Promise<LoadedCertificate | null> {
    const [certFile, keyFile] = [this.#note(cert), this.#note(key)];
    const id = JSON.stringify([certFile, keyFile]);
    let reading = this.#pairs.get(id);
    if (reading === undefined) {
      reading = this.#settled([certFile, keyFile]).then(() => readCertificate({ certFiles: [certFile], keyFile }, this.#options.now));
      this.#pairs.set(id, reading);
    }
    const found = await reading;
    const at = ({ file }: CertificateFault): Path => [...path, file === keyFile && keyFile !== certFile ? 'key' : 'cert'];
    if (!found.ok) {
      for (const fault of found.faults) this.#fault(at(fault), fault);
      return null;
    }
    for (const warning of found.warnings) this.#outdate(at(warning), warning);
    return found.material;
  }

  async #clients(clients: ClientCertificatePlan | null, path: Path): Promise<ClientCertificatePlan | null> {
    if (clients === null) return null;
    const caPem = await this.#trust(clients.caFiles, [...path, 'ca'], readCaBundle);
    const crlPem = await this.#trust(clients.crlFiles, [...path, 'crl'], readRevocationLists);
    return { ...clients, caPem, crlPem };
  }

  async #upstream(tls: UpstreamTlsPlan, path: Path): Promise<UpstreamTlsPlan> {
    const caPem = await this.#trust(tls.caFiles, [...path, 'ca'], readCaBundle);
    if (tls.certFile === null || tls.keyFile === null) return { ...tls, caPem }; // the checks have seen that both are there or none
    const loaded = await this.#pair(tls.certFile, tls.keyFile, path);
    return loaded === null ? tls : { ...tls, caPem, certPem: loaded.certPem, keyPem: loaded.keyPem };
  }

  /** The text of all files of a list. */
  async #trust(files: readonly string[], path: Path, read: (file: string, now: Timestamp) => Promise<TrustReading>): Promise<string> {
    const texts = await Promise.all(
      files.map(async (given, index) => {
        const file = this.#note(given);
        await this.#settled([file]);
        const found = await read(file, this.#options.now);
        const at = files.length === 1 ? path : [...path, index];
        if (!found.ok) {
          this.#fault(at, found.fault);
          return '';
        }
        for (const warning of found.warnings) this.#outdate(at, warning);
        return found.pem;
      }),
    );
    return texts.join('');
  }

  /** @returns The absolute path. */
  #note(given: string): string {
    const path = resolve(this.#options.directory, given);
    if (!this.files.has(path)) this.files.set(path, fileState(path));
    return path;
  }

  /** Digests are taken first: a file that changes while we read is noticed afterwards. */
  async #settled(paths: readonly string[]): Promise<void> {
    await Promise.all(paths.flatMap((path) => this.files.get(path) ?? []));
  }

  #fault(path: Path, { what, hint }: { what: string; hint: string | null }): void {
    this.faults.push(makeFault(this.#options.root, { path, what, hint }));
  }

  #warn(path: Path, { what, hint }: { what: string; hint: string | null }): void {
    this.warnings.push(makeFault(this.#options.root, { path, what, hint }));
  }

  #outdate(path: Path, { what, hint }: { what: string; hint: string | null }): void {
    this.outdated.push(makeFault(this.#options.root, { path, what, hint }));
  }
}

/** Whether a certificate for these names is good for this one (RFC 9525 §6.3). */
function covers(names: readonly string[], name: string): boolean {
  return names.includes(name) || (!name.startsWith('*.') && names.includes(`*${name.slice(Math.max(0, name.indexOf('.')))}`));
}

function materialOf(loaded: LoadedCertificate): NonNullable<CertificatePlan['material']> {
  const { certPem, keyPem, keyType, fingerprint, notBefore, notAfter, ocspUrl, mustStaple } = loaded;
  return { certPem, keyPem, keyType, fingerprint, notBefore, notAfter, ocspUrl, mustStaple, ocspResponse: null };
}
