/**
 * libmodsecurity 3 (Debian: libmodsecurity3), called through the optional package `koffi`: rules in the language of ModSecurity, above all the OWASP Core Rule Set. A call for one request takes about half a
 * millisecond and blocks its thread, so it runs in one of its own (`gateway/waf/modsecurity.main.ts`). Memory of a transaction is freed when its verdict is known.
 */

/** A request as the library takes it. */
export interface ModSecurityRequest {
  readonly client: string;
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** `1.0`, `1.1` or `2.0`. */
  readonly version: string;
  /** Name, value, name, value, … */
  readonly fields: readonly string[];
  /** Null: none, or it is not looked at. */
  readonly body: Uint8Array | null;
}

export interface ModSecurityVerdict {
  /** What the rules want answered; 0: nothing. */
  readonly status: number;
  /** Rules that matched. */
  readonly rules: readonly number[];
  /** The first message of a rule that has one; text of rules and client. */
  readonly message: string;
}

const LIBRARIES = ['libmodsecurity.so.3', 'libmodsecurity.so', 'libmodsecurity.dylib'];
/** Log lines of one request. */
const LINES_MAX = 64;
/** They add up scores and say so: of no help to who asks why. */
const isSum = (id: number): boolean => (id >= 949_000 && id < 950_000) || (id >= 980_000 && id < 981_000);

type Pointer = unknown;
type Call = (...given: readonly unknown[]) => unknown;

/** The library as it was opened in this thread. */
interface Library {
  readonly calls: ReadonlyMap<string, Call>;
  /** Makes a callback for log lines. */
  register(take: (line: string) => void): Pointer;
  unregister(callback: Pointer): void;
}

let library: Library | null = null;

const SIGNATURES = [
  'void *msc_init()',
  'void msc_cleanup(void *engine)',
  'void msc_set_connector_info(void *engine, const char *info)',
  'void msc_set_log_cb(void *engine, LogCallback *callback)',
  'void *msc_create_rules_set()',
  'int msc_rules_add_file(void *rules, const char *file, _Out_ const char **error)',
  'int msc_rules_cleanup(void *rules)',
  'void *msc_new_transaction(void *engine, void *rules, void *data)',
  'int msc_process_connection(void *transaction, const char *client, int port, const char *server, int serverPort)',
  'int msc_process_uri(void *transaction, const char *uri, const char *method, const char *version)',
  'int msc_add_n_request_header(void *transaction, const uint8_t *name, size_t nameBytes, const uint8_t *value, size_t valueBytes)',
  'int msc_process_request_headers(void *transaction)',
  'int msc_append_request_body(void *transaction, const uint8_t *body, size_t bytes)',
  'int msc_process_request_body(void *transaction)',
  'int msc_process_logging(void *transaction)',
  'int msc_intervention(void *transaction, _Inout_ Intervention *intervention)',
  'void msc_transaction_cleanup(void *transaction)',
  'void free(void *memory)',
] as const;

export class ModSecurity {
  private readonly library: Library;
  private readonly callback: Pointer;
  private readonly engine: Pointer;
  private readonly rules: Pointer;
  private logged: string[] = [];

  private constructor(library: Library) {
    this.library = library;
    this.engine = this.call('msc_init');
    this.call('msc_set_connector_info', this.engine, 'Sluice');
    this.callback = library.register((line) => this.logged.length < LINES_MAX && this.logged.push(line));
    this.call('msc_set_log_cb', this.engine, this.callback);
    this.rules = this.call('msc_create_rules_set');
  }

  /** Opens the library and reads rules. @param files In their order. @throws {Error} that says what is missing, or which file is wrong and why. */
  static async open(files: readonly string[]): Promise<ModSecurity> {
    library ??= await loadLibrary();
    const opened = new ModSecurity(library);
    try {
      for (const file of files) opened.add(file);
    } catch (error) {
      opened.close();
      throw error;
    }
    return opened;
  }

  /** Looks at a request. Blocks. */
  judge(request: ModSecurityRequest): ModSecurityVerdict {
    this.logged = [];
    const transaction = this.call('msc_new_transaction', this.engine, this.rules, null);
    try {
      const status = this.run(transaction, request);
      this.call('msc_process_logging', transaction);
      const rules = [...new Set(this.logged.map(ruleOf))].filter((id) => id > 0);
      const sums = rules.filter(isSum);
      return { status, rules: sums.length === rules.length ? rules : rules.filter((id) => !isSum(id)), message: messageOf(this.logged) };
    } finally {
      this.call('msc_transaction_cleanup', transaction);
    }
  }

  close(): void {
    this.call('msc_rules_cleanup', this.rules);
    this.call('msc_cleanup', this.engine);
    this.library.unregister(this.callback);
  }

  private add(file: string): void {
    const error: [string | null] = [null];
    const count = this.call('msc_rules_add_file', this.rules, file, error) as number;
    if (count < 0) throw new Error(`${file}: ${(error[0] ?? 'is not understood').trim().slice(0, 500)}`);
  }

  private run(transaction: Pointer, { client, method, target, version, fields, body }: ModSecurityRequest): number {
    this.call('msc_process_connection', transaction, client, 0, '127.0.0.1', 0);
    this.call('msc_process_uri', transaction, target, method, version);
    let status = this.intervention(transaction);
    if (status !== 0) return status;
    for (let index = 0; index + 1 < fields.length; index += 2) {
      const name = Buffer.from(fields[index]!, 'latin1');
      const value = Buffer.from(fields[index + 1]!, 'latin1');
      this.call('msc_add_n_request_header', transaction, name, name.length, value, value.length);
    }
    this.call('msc_process_request_headers', transaction);
    status = this.intervention(transaction);
    if (status !== 0) return status;
    if (body !== null && body.length > 0) this.call('msc_append_request_body', transaction, body, body.length);
    this.call('msc_process_request_body', transaction);
    return this.intervention(transaction);
  }

  /** @returns The status that the rules want; 0: they want nothing. */
  private intervention(transaction: Pointer): number {
    const found = { status: 200, pause: 0, url: null as Pointer, log: null as Pointer, disruptive: 0 };
    const isFound = this.call('msc_intervention', transaction, found) !== 0;
    if (found.url !== null) this.call('free', found.url);
    if (found.log !== null) this.call('free', found.log);
    if (!isFound || found.disruptive === 0) return 0;
    return found.status >= 400 && found.status <= 599 ? found.status : 403; // a redirect of theirs is a refusal of ours
  }

  private call(name: string, ...given: readonly unknown[]): unknown {
    return this.library.calls.get(name)!(...given);
  }
}

async function loadLibrary(): Promise<Library> {
  const { default: koffi } = await import('koffi').catch((error: unknown) => {
    throw new Error('needs the optional package koffi: npm install koffi', { cause: error });
  });
  const opened = firstOf(LIBRARIES, (name) => koffi.load(name));
  if (opened === null) throw new Error('libmodsecurity 3 is not installed: apt-get install libmodsecurity3');
  const callback = koffi.proto('void LogCallback(void *data, const char *message)');
  koffi.struct('Intervention', { status: 'int', pause: 'int', url: 'void *', log: 'void *', disruptive: 'int' });
  return {
    calls: new Map(SIGNATURES.map((signature) => [/(\w+)\(/.exec(signature)![1]!, opened.func(signature) as unknown as Call])),
    register: (take) => koffi.register((_data: unknown, message: string) => take(message), koffi.pointer(callback)),
    unregister: (registered) => koffi.unregister(registered as Parameters<typeof koffi.unregister>[0]),
  };
}

function firstOf<Opened>(names: readonly string[], open: (name: string) => Opened): Opened | null {
  for (const name of names) {
    try {
      return open(name);
    } catch {
      continue;
    }
  }
  return null;
}

function ruleOf(line: string): number {
  return Number(/\[id "(\d{1,9})"\]/.exec(line)?.[1] ?? 0);
}

function messageOf(lines: readonly string[]): string {
  for (const line of lines) {
    const message = /\[msg "([^"]{1,200})"\]/.exec(line)?.[1];
    if (message !== undefined && !isSum(ruleOf(line))) return message;
  }
  return '';
}
