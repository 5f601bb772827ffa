/** The lines of the live tail: a row each, which opens to all its fields. A row is drawn once. */
import { Component, Fragment } from 'preact';
import { serviceHref } from '../../app/location.ts';
import { statusKind } from '../../view/access-line.ts';
import type { AccessFilter, AccessLine } from '../../view/access-line.ts';
import { clock, latency } from '../../view/format.ts';
import type { TailLine } from '../../view/tail-buffer.ts';

interface AccessTableProps {
  readonly lines: readonly TailLine<AccessLine>[];
  readonly onFilter: (name: AccessFilter, value: string) => void;
}

const WORDS = { good: '', refused: 'refused', failed: 'failed' } as const;

export function AccessTable({ lines, onFilter }: AccessTableProps) {
  return (
    <div class="table-box tail" tabIndex={0} role="region" aria-label="Requests: table">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Status</th>
            <th scope="col">Request</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col">Route</th>
            <th scope="col">Service</th>
            <th scope="col">Endpoint</th>
            <th scope="col">Cache</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ id, value }) => (
            <Row key={id} line={value} onFilter={onFilter} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly line: AccessLine;
  readonly onFilter: AccessTableProps['onFilter'];
}

class Row extends Component<RowProps, { readonly isOpen: boolean }> {
  override state = { isOpen: false };

  override shouldComponentUpdate(_: RowProps, { isOpen }: { readonly isOpen: boolean }): boolean {
    return isOpen !== this.state.isOpen;
  }

  override render() {
    const { line } = this.props;
    const { isOpen } = this.state;
    const { time, method, host, path, route, service, endpoint, cache, durationMs } = line;
    const kind = statusKind(line);
    return (
      <>
        <tr class={kind}>
          <td>
            <button type="button" class="twist" aria-expanded={isOpen} onClick={() => this.setState({ isOpen: !isOpen })}>
              <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
              {time === '' ? 'open' : clock(Date.parse(time))}
            </button>
          </td>
          <td>
            <b class="status">{line.status || 'cut'}</b>
            <span class="unseen"> {WORDS[kind]}</span>
          </td>
          <td class="request">
            <code>
              {method} {host}
              {path}
            </code>
          </td>
          <td class="number">{latency(durationMs)}</td>
          <td>{this.filter('route', route)}</td>
          <td>{service === '' ? null : <a href={serviceHref(service)}>{service}</a>}</td>
          <td>{this.filter('endpoint', endpoint)}</td>
          <td>{cache}</td>
        </tr>
        {isOpen ? <Fields line={line} /> : null}
      </>
    );
  }

  private filter(name: AccessFilter, value: string) {
    if (value === '') return null;
    return (
      <button type="button" class="link" title={`Only this ${name}`} onClick={() => this.props.onFilter(name, value)}>
        {value}
      </button>
    );
  }
}

function Fields({ line }: { readonly line: AccessLine }) {
  return (
    <tr class="fields">
      <td colSpan={8}>
        <dl class="facts">
          {line.fields.map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </Fragment>
          ))}
        </dl>
      </td>
    </tr>
  );
}
