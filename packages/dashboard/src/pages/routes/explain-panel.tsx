/** Asks which route a request would take, without sending it. What is asked stands in the address, so that an answer can be shown to somebody else. */
import { useComputed } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import type { Explained } from '../../api/types.ts';
import { pageHref } from '../../app/location.ts';
import { location, replaceHash } from '../../app/router.ts';
import { Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { status } from '../../store/store.ts';
import { EXPLAIN_FIELDS, headerLines } from '../../view/explain-question.ts';
import { formText } from '../../view/form-text.ts';
import { ExplainResult } from './explain-result.tsx';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT'];
/** Endpoints come and go meanwhile. */
const AGAIN_MS = 5_000;

export function ExplainPanel() {
  const { query } = location.value;
  const question = Object.fromEntries(EXPLAIN_FIELDS.map((name) => [name, query.get(name) ?? '']));
  const form = useRef<HTMLFormElement>(null);
  // The form stays what it is when it is sent: the focus, too. Another address, a link say, is written into it.
  useEffect(() => {
    for (const name of EXPLAIN_FIELDS) {
      const field = form.current!.elements.namedItem(name) as HTMLInputElement;
      const wanted = question[name] || (name === 'method' ? 'GET' : '');
      if (field.value.trim() !== wanted) field.value = wanted;
    }
  }, [query.toString()]);
  const ask = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(form.current!);
    const asked = EXPLAIN_FIELDS.map((name) => [name, formText(given, name)] as const).filter(([, value]) => value !== '');
    replaceHash(pageHref('routes', Object.fromEntries(asked)));
  };
  return (
    <Panel title="Explain a request">
      <form class="explain-form" ref={form} onSubmit={ask}>
        <label class="field">
          Method
          <input class="input" name="method" list="explain-methods" defaultValue={question['method'] || 'GET'} required />
          <datalist id="explain-methods">
            {METHODS.map((method) => (
              <option key={method} value={method} />
            ))}
          </datalist>
        </label>
        <label class="field grow">
          URL or path
          <input
            class="input mono"
            name="url"
            placeholder="https://shop.example/cart?item=7"
            defaultValue={question['url']}
            required
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <ListenerField current={question['listener'] ?? ''} />
        <label class="field whole">
          Headers, a line each
          <textarea
            class="input mono"
            name="headers"
            rows={2}
            placeholder="cookie: beta=1"
            defaultValue={question['headers']}
            spellcheck={false}
          />
        </label>
        <button type="submit" class="button primary">
          Explain
        </button>
      </form>
      {question['url'] === '' ? null : <Answer question={question} />}
    </Panel>
  );
}

function ListenerField({ current }: { readonly current: string }) {
  const names = useComputed(() => (status.value?.listeners ?? []).map(({ name }) => name).join('\n'));
  const listeners = names.value === '' ? [] : names.value.split('\n');
  return (
    <label class="field">
      Listener
      <select class="select" name="listener">
        <option value="">the first</option>
        {listeners.map((name) => (
          <option key={name} value={name} selected={name === current}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Answer({ question }: { readonly question: Readonly<Record<string, string>> }) {
  const { method, url, listener, headers = '' } = question;
  const { value, problem } = useLoaded(
    JSON.stringify(question),
    async (signal) => getJson<Explained>('api/explain', { query: { method, url, listener, header: headerLines(headers) }, signal }),
    AGAIN_MS,
  );
  return (
    <div role="status">
      {problem === null ? null : <p class="problem">{problem}</p>}
      {value === null ? null : <ExplainResult result={value} />}
    </div>
  );
}
