/**
 * Lines over time: uPlot on a canvas, with a legend that tells the values under the cursor, and the same values as a table for those who cannot see it. uPlot is loaded with the first chart.
 * The data is a signal: a new one is drawn without this component being drawn again.
 */
import { effect, useComputed, useSignal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { colourGeneration } from '../app/theme.ts';
import { clock } from '../view/format.ts';
import { chartOptions } from './chart-options.ts';
import type { ChartData, ChartLine } from './chart-options.ts';
import { ChartTable } from './chart-table.tsx';
import { LiveText } from './live-text.tsx';

interface ChartProps {
  /** What it shows, for those who cannot see it. */
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly data: ReadonlySignal<ChartData>;
  /** CSS pixels. */
  readonly height: number;
  /** Why there is nothing to draw; empty: there is. Reads signals. */
  readonly whyEmpty?: () => string;
  /** Charts with the same one share the cursor. */
  readonly syncKey?: string;
  /** Index under the cursor, for what is shown beside the chart. */
  readonly cursor?: Signal<number | null>;
}

export function Chart({ title, lines, data, height, whyEmpty, syncKey, cursor }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const index = useSignal<number | null>(null);
  useEffect(() => {
    const element = box.current!;
    return keepChart(element, {
      lines,
      data,
      height,
      syncKey: syncKey ?? null,
      onCursor: (at) => {
        index.value = at;
        if (cursor !== undefined) cursor.value = at;
      },
    });
  }, [lines, data, height, syncKey]);
  return (
    <figure class="chart-box" aria-label={title}>
      <Legend lines={lines} data={data} index={index} />
      <div class="chart-room">
        <div ref={box} class="chart" style={{ height: `${height}px` }} aria-hidden="true" />
        {whyEmpty === undefined ? null : <EmptyNote why={whyEmpty} />}
      </div>
      <ChartTable title={title} lines={lines} data={data} />
    </figure>
  );
}

/** Over the chart, whose axes would tell nothing. */
function EmptyNote({ why }: { readonly why: () => string }) {
  const text = useComputed(why).value;
  return text === '' ? null : <p class="chart-empty">{text}</p>;
}

interface LegendProps {
  readonly lines: readonly ChartLine[];
  readonly data: ReadonlySignal<ChartData>;
  readonly index: ReadonlySignal<number | null>;
}

function Legend({ lines, data, index }: LegendProps) {
  const at = () => index.value ?? data.value[0].length - 1;
  return (
    <ul class="legend">
      {lines.map(({ label, colour, format, isDashed }, i) => (
        <li key={label}>
          <svg viewBox="0 0 16 8" aria-hidden="true">
            <line
              x1="0"
              y1="4"
              x2="16"
              y2="4"
              stroke={`var(${colour})`}
              stroke-width="2.5"
              stroke-dasharray={isDashed === true ? '4 3' : undefined}
            />
          </svg>
          {label}
          <b>
            <LiveText of={() => format(data.value[i + 1]?.[at()] ?? null)} />
          </b>
        </li>
      ))}
      <li>
        <LiveText of={() => (index.value === null ? '' : clock((data.value[0][index.value] ?? 0) * 1_000))} />
      </li>
    </ul>
  );
}

interface ChartKeeping {
  readonly lines: readonly ChartLine[];
  readonly data: ReadonlySignal<ChartData>;
  readonly height: number;
  readonly syncKey: string | null;
  readonly onCursor: (index: number | null) => void;
}

/** Draws it, and anew whenever data, colours or the width change. @returns Takes it away. */
function keepChart(element: HTMLElement, { lines, data, height, syncKey, onCursor }: ChartKeeping): () => void {
  const undo: (() => void)[] = [];
  let isGone = false;
  void import('./uplot.ts').then(({ Plot, stepped }) => {
    if (isGone) return;
    let plot: uPlot | null = null;
    undo.push(
      effect(() => {
        void colourGeneration.value;
        plot?.destroy();
        const size = { width: Math.max(120, element.clientWidth), height };
        plot = new Plot(
          chartOptions(element, lines, size, { onCursor, syncKey, stepped }),
          data.peek() as unknown as uPlot.AlignedData,
          element,
        );
      }),
      effect(() => plot?.setData(data.value as unknown as uPlot.AlignedData)),
    );
    const observer = new ResizeObserver(() => {
      const width = Math.max(120, element.clientWidth);
      if (plot !== null && plot.width !== width) plot.setSize({ width, height });
    });
    observer.observe(element);
    undo.push(
      () => observer.disconnect(),
      () => plot?.destroy(),
    );
  });
  return () => {
    isGone = true;
    for (const step of undo) step();
  };
}
