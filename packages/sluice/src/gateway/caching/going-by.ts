/** Requests that go past the cache: what is noted of them, what their replies say, and what the cache learns from those replies. */
import { NO_FIELDS, TextFields } from '../../core/caching/http/fields.ts';
import { isUnsafe } from '../../core/caching/http/invalidation.ts';
import type { Verdict } from '../../core/caching/http/reuse.ts';
import type { CompiledEdits } from '../exchange/header-edits.ts';
import { PASS, type RequestPass } from '../filters/filter.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { CacheKeys } from './cache-key.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import type { Found } from './entry-finder.ts';
import { REPLY } from './entry-view.ts';
import { HeadClient } from './head-client.ts';
import { InvalidatingClient } from './invalidation.ts';
import { requestText } from './request-facts.ts';

export class GoingBy {
  private readonly worker: WorkerContext;
  private readonly store: CacheStore;
  private readonly rules: CacheRules;
  private readonly keys: CacheKeys;
  private readonly methodEdits: CompiledEdits;
  private readonly bypassEdits: CompiledEdits;
  private readonly rangeEdits: CompiledEdits;
  private readonly aloneEdits: CompiledEdits;
  private readonly passEdits: CompiledEdits;
  private readonly requestEdits: CompiledEdits;

  constructor(worker: WorkerContext, store: CacheStore, rules: CacheRules, keys: CacheKeys) {
    this.worker = worker;
    this.store = store;
    this.rules = rules;
    this.keys = keys;
    this.methodEdits = rules.passingEdits({ forward: 'method' });
    this.bypassEdits = rules.passingEdits({ forward: 'bypass' });
    this.rangeEdits = rules.passingEdits({ forward: 'uri-miss', detail: 'range' });
    this.aloneEdits = rules.passingEdits({ forward: 'miss', detail: 'not-collapsed' });
    this.passEdits = rules.passingEdits({ forward: 'miss', detail: 'hit-for-miss' });
    this.requestEdits = rules.passingEdits({ forward: 'request', detail: 'no-store' });
  }

  /** A method that no cache answers. */
  method(pass: RequestPass): typeof PASS {
    const { exchange, view, listener } = pass;
    if (isUnsafe(exchange.method)) {
      const { store, rules, keys } = this;
      const { service } = exchange;
      const fields = rules.isWide ? new TextFields(requestText(view)) : NO_FIELDS;
      const target = keys.uriOf(pass);
      const claims = keys.claimsOf(pass);
      exchange.client = new InvalidatingClient(exchange.client, {
        store,
        rules,
        keys,
        target,
        service,
        fields,
        claims,
        paths: listener.plan,
      });
    }
    return go(pass, this.methodEdits, 'bypass');
  }

  /** A HEAD that the service must answer. @param isPersonal The answer is for one who showed who they are, and says nothing of what is kept for all. */
  head(pass: RequestPass, found: Found, verdict: Verdict, isPersonal: boolean): typeof PASS {
    const { exchange } = pass;
    const isTold = found.entry?.kind === REPLY && !isPersonal;
    if (isTold) exchange.client = new HeadClient(exchange.client, this.worker, this.store, this.rules, found);
    return go(pass, this.rules.passingEdits({ forward: verdict.forward ?? 'miss', detail: 'head' }), 'miss');
  }

  /** A range of what is not there. */
  range(pass: RequestPass): typeof PASS {
    return go(pass, this.rangeEdits, 'miss');
  }

  /** Its reply is not kept: that is known, or its client asks for it. */
  pass(pass: RequestPass, verdict: Verdict): typeof PASS {
    return go(pass, verdict.forward === 'request' ? this.requestEdits : this.passEdits, 'pass');
  }

  /** One of many that ask for the same, for whom waiting is of no use. */
  alone(pass: RequestPass): typeof PASS {
    return go(pass, this.aloneEdits, 'miss');
  }

  /** Anything else that is not for a cache. */
  bypass(pass: RequestPass): typeof PASS {
    return go(pass, this.bypassEdits, 'bypass');
  }
}

function go({ exchange }: RequestPass, edits: CompiledEdits, verdict: 'bypass' | 'pass' | 'miss'): typeof PASS {
  exchange.cached = verdict;
  exchange.addReplyEdits(edits);
  return PASS;
}
