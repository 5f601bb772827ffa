/** A chart's description in our words, and uPlot's options made of it. Colours are read from the stylesheet, because a canvas cannot. */
import type uPlot from 'uplot';
import { clock } from '../view/format.ts';

export interface ChartLine {
  readonly label: string;
  /** A custom property of the stylesheet: `--chart-1`. */
  readonly colour: string;
  readonly format: (value: number | null) => string;
  /** Filled down to zero. */
  readonly isFilled?: boolean;
  /** Holds its value until the next one. */
  readonly isStepped?: boolean;
  readonly isDashed?: boolean;
  /** On an axis of its own at the right. */
  readonly isRight?: boolean;
  readonly width?: number;
  /** Counts things: no ticks between whole numbers. */
  readonly isWhole?: boolean;
}

/** Unix seconds, then the values of each line. */
export type ChartData = readonly [at: readonly number[], ...values: readonly (readonly (number | null)[])[]];

const FILL_ALPHA = 0.16;
const AXIS_FONT = '11px system-ui, sans-serif';

/** @param element Inside the page, where the properties hold. */
export function resolveColour(element: HTMLElement, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

export function chartOptions(
  element: HTMLElement,
  lines: readonly ChartLine[],
  size: ChartSize,
  hooks: { readonly onCursor: (index: number | null) => void; readonly syncKey: string | null; readonly stepped: uPlot.Series.PathBuilder },
): uPlot.Options {
  const colour = (property: string) => resolveColour(element, property);
  const grid = { stroke: colour('--chart-grid'), width: 1 };
  const axis = { stroke: colour('--text-soft'), font: AXIS_FONT, ticks: { show: false }, grid };
  const left = lines.find(({ isRight }) => isRight !== true);
  const right = lines.find(({ isRight }) => isRight === true);
  return {
    ...size,
    padding: [8, right === undefined ? 26 : 0, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { setScale: false, x: false, y: false },
      points: { size: 6 },
      ...(hooks.syncKey === null ? {} : { sync: { key: hooks.syncKey } }),
    },
    scales: { x: { time: true }, y: { range: range }, right: { range: range } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 80, values: (_, ticks) => ticks.map((seconds) => clock(seconds * 1_000)) },
      valueAxis(axis, 'y', 3, left),
      ...(right === undefined ? [] : [{ ...valueAxis(axis, 'right', 1, right), grid: { show: false } }]),
    ],
    series: [{}, ...lines.map((line) => series(line, colour(line.colour), hooks.stepped))],
    hooks: { setCursor: [({ cursor }) => hooks.onCursor(cursor.idx ?? null)] },
  };
}

function valueAxis(axis: uPlot.Axis, scale: string, side: uPlot.Axis.Side, line: ChartLine | undefined): uPlot.Axis {
  const whole = line?.isWhole === true ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] } : {};
  return {
    ...axis,
    ...whole,
    scale,
    side,
    size: 58,
    space: 34,
    values: (_, ticks) => ticks.map((tick) => line?.format(tick) ?? String(tick)),
  };
}

function series(line: ChartLine, stroke: string, stepped: uPlot.Series.PathBuilder): uPlot.Series {
  return {
    label: line.label,
    scale: line.isRight === true ? 'right' : 'y',
    stroke,
    width: line.width ?? 1.5,
    points: { show: false },
    ...(line.isDashed === true ? { dash: [4, 4] } : {}),
    ...(line.isFilled === true ? { fill: stroke.replace(/^rgb\((.*)\)$/, `rgb($1 / ${FILL_ALPHA})`).replaceAll(',', ' ') } : {}),
    ...(line.isStepped === true ? { paths: stepped } : {}),
  };
}

/** From zero, with a little room above: a line at the very top looks cut. */
function range(_chart: uPlot, _min: number, max: number): [number, number] {
  return [0, max === null || max <= 0 ? 1 : max * 1.08];
}
