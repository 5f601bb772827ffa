/** A chart's values as a table, at most 30 rows of them, the youngest first: made when it is opened, and then as it was at that moment. */
import type { ReadonlySignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { clock } from '../view/format.ts';
import type { ChartData, ChartLine } from './chart-options.ts';

const ROWS_MAX = 30;

interface ChartTableProps {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly data: ReadonlySignal<ChartData>;
}

export function ChartTable({ title, lines, data }: ChartTableProps) {
  const [shown, setShown] = useState<ChartData | null>(null);
  return (
    <details onToggle={(event) => setShown(event.currentTarget.open ? data.peek() : null)}>
      <summary>As a table</summary>
      {shown === null ? null : <Values title={title} lines={lines} data={shown} />}
    </details>
  );
}

function Values({ title, lines, data }: { readonly title: string; readonly lines: readonly ChartLine[]; readonly data: ChartData }) {
  const [at, ...values] = data;
  const step = Math.max(1, Math.ceil(at.length / ROWS_MAX));
  const rows = at.map((_, i) => i).filter((i) => (at.length - 1 - i) % step === 0);
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={`${title}: values`}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ label }) => (
              <th key={label} scope="col" class="number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map((i) => (
            <tr key={i}>
              <th scope="row">{clock(at[i]! * 1_000)}</th>
              {lines.map(({ label, format }, line) => (
                <td key={label} class="number">
                  {format(values[line]?.[i] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
