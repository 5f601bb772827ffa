/** What the instances of a service print, as they print it. */
import { useComputed } from '@preact/signals';
import { Component } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../../api/client.ts';
import { LineFeed } from '../../api/line-feed.ts';
import type { LogLine } from '../../api/types.ts';
import { pageHref } from '../../app/location.ts';
import { location, replaceHash } from '../../app/router.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { fleetByName, status } from '../../store/store.ts';
import { clock, moment } from '../../view/format.ts';
import { TailButtons } from './tail-buttons.tsx';
import { useTail } from './use-tail.ts';

const LINES_MAX = 500;
const LINES_FIRST = 200;

export function InstancesPanel() {
  const names = useComputed(() => [...fleetByName.value.keys()].join('\n'));
  const services = names.value === '' ? [] : names.value.split('\n');
  const { query } = location.value;
  const service = query.get('service') ?? services[0];
  if (service === undefined)
    return (
      <Panel title="What instances print">
        <Empty>{status.value === null ? 'Loading…' : 'Sluice runs no instances: a service has them with “run” or “container”.'}</Empty>
      </Panel>
    );
  return <Printed services={services} service={service} instance={query.get('instance') ?? ''} />;
}

interface PrintedProps {
  readonly services: readonly string[];
  readonly service: string;
  /** Empty: all. */
  readonly instance: string;
}

function Printed({ services, service, instance }: PrintedProps) {
  const tail = useTail<LogLine>(LINES_MAX);
  const [problem, setProblem] = useState<string | null>(null);
  const path = apiPath(`api/services/${encodeURIComponent(service)}/logs`, { lines: LINES_FIRST, follow: true, instance });
  useEffect(() => {
    const feed = new LineFeed<LogLine>({ path, onBegin: tail.clear, onLine: tail.add, onState: setProblem });
    return () => feed.end();
  }, [path]);
  return (
    <Panel title="What instances print" aside={<TailButtons tail={tail} />}>
      <Choice services={services} service={service} instance={instance} />
      {problem === null ? null : <p class="problem">{problem}</p>}
      {tail.lines.length === 0 ? (
        <Empty>Nothing was printed yet.</Empty>
      ) : (
        <ol class="printed" tabIndex={0} aria-label={`What ${service} prints, the youngest first`}>
          {tail.lines.map(({ id, value }) => (
            <Line key={id} line={value} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Choice({ services, service, instance }: PrintedProps) {
  const known = useComputed(() => (fleetByName.value.get(service)?.instances ?? []).map(({ id }) => id).join('\n'));
  const instances = [...new Set([...known.value.split('\n'), instance])].filter((id) => id !== '');
  const go = (next: string, one: string) =>
    replaceHash(pageHref('logs', { tab: 'instances', service: next, ...(one === '' ? {} : { instance: one }) }));
  return (
    <form class="tools" onSubmit={(event) => event.preventDefault()}>
      <label class="field">
        Service
        <select class="select" value={service} onChange={({ currentTarget }) => go(currentTarget.value, '')}>
          {services.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Instance
        <select class="select" value={instance} onChange={({ currentTarget }) => go(service, currentTarget.value)}>
          <option value="">all</option>
          {instances.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

/** Drawn once. */
class Line extends Component<{ readonly line: LogLine }> {
  override shouldComponentUpdate(): boolean {
    return false;
  }

  override render() {
    const { at, instance, stream, text } = this.props.line;
    return (
      <li class={stream}>
        <time dateTime={new Date(at).toISOString()} title={moment(at, 0)}>
          {clock(at)}
        </time>
        <span class="tag">{instance}</span>
        {stream === 'stderr' ? <span class="tag">stderr</span> : null}
        <code>{text}</code>
      </li>
    );
  }
}
