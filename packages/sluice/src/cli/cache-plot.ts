/** Curves of ratios over sizes as SVG, without a library: panels one below the other, a logarithmic axis of sizes, one of per cent. */

export interface Curve {
  readonly name: string;
  /** In per cent, in the order of the sizes. */
  readonly values: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly xTitle: string;
  readonly sizes: readonly { readonly value: number; readonly label: string }[];
  readonly panels: readonly { readonly yTitle: string; readonly curves: readonly Curve[] }[];
}

const WIDTH = 860;
const PANEL_HEIGHT = 400;
const HEADER = 40;
/** Where the curves are, within a panel. */
const BOX = { left: 64, right: 720, top: 16, bottom: 336 };
const LEGEND_LEFT = 740;
const LEGEND_STEP = 22;

/** Okabe and Ito's colours, which those who see few colours can tell apart; dashes and marks tell the rest. */
const COLOURS = ['#999999', '#E69F00', '#56B4E9', '#B8A800', '#CC79A7', '#555555', '#D55E00', '#009E73', '#0072B2'];
const DASHES = ['2 3', '6 3', '', '6 3 2 3', '10 4', '2 6', '', '', ''];
const TICKS_MAX = 6;

/** A whole document, well-formed whatever the titles are. */
export function plotSvg(plot: Plot): string {
  const height = HEADER + plot.panels.length * PANEL_HEIGHT;
  const panels = plot.panels.map((panel, index) => panelSvg(plot, panel, HEADER + index * PANEL_HEIGHT));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#222">
<title>${escape(plot.title)}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${BOX.left}" y="26" font-size="16" font-weight="600">${escape(plot.title)}</text>
${panels.join('\n')}
</svg>
`;
}

function panelSvg(plot: Plot, { yTitle, curves }: Plot['panels'][number], top: number): string {
  const yMax = axisEnd(Math.max(1, ...curves.flatMap(({ values }) => values)));
  const x = xScale(plot.sizes.map(({ value }) => value));
  const y = (value: number): number => round(BOX.bottom - (value / yMax) * (BOX.bottom - BOX.top));
  return `<g transform="translate(0 ${top})">
${yTicks(yMax)
  .map((tick) => yTickSvg(tick, y(tick)))
  .join('\n')}
${plot.sizes.map(({ value, label }, index) => xTickSvg(label, x(value), index)).join('\n')}
<text x="${(BOX.left + BOX.right) / 2}" y="${BOX.bottom + 52}" text-anchor="middle">${escape(plot.xTitle)}</text>
<text transform="translate(18 ${(BOX.top + BOX.bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(yTitle)}</text>
${curves
  .map((curve, index) =>
    curveSvg(
      curve,
      index,
      curve.values.map((value, at) => [x(plot.sizes[at]!.value), y(value)] as const),
    ),
  )
  .join('\n')}
${curves.map(({ name }, index) => legendSvg(name, index)).join('\n')}
</g>`;
}

/** A logarithmic scale; one size alone stands in the middle. */
function xScale(values: readonly number[]): (value: number) => number {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const inset = 16;
  const width = BOX.right - BOX.left - 2 * inset;
  return (value) => round(BOX.left + inset + width * (most === least ? 0.5 : (Math.log(value) - least) / (most - least)));
}

/** The end of the axis of per cent: whole steps that cover the largest value. */
function axisEnd(largest: number): number {
  const step = tickStep(largest);
  return Math.min(100, Math.ceil(largest / step) * step);
}

function tickStep(end: number): number {
  return [1, 2, 5, 10, 20].find((step) => end / step <= TICKS_MAX) ?? 20;
}

function yTicks(yMax: number): number[] {
  const step = tickStep(yMax);
  return Array.from({ length: Math.floor(yMax / step) + 1 }, (_, index) => index * step);
}

function yTickSvg(tick: number, y: number): string {
  return `<path d="M${BOX.left} ${y}H${BOX.right}" stroke="${tick === 0 ? '#222' : '#ddd'}"/><text x="${BOX.left - 8}" y="${y + 4}" text-anchor="end">${tick}</text>`;
}

/** Labels stand on two lines in turn: neighbours on a logarithmic axis may be close. */
function xTickSvg(label: string, x: number, index: number): string {
  const y = BOX.bottom + (index % 2 === 0 ? 18 : 34);
  return `<path d="M${x} ${BOX.bottom}V${BOX.bottom + 5}" stroke="#222"/><text x="${x}" y="${y}" text-anchor="middle">${escape(label)}</text>`;
}

function curveSvg({ name }: Curve, index: number, points: readonly (readonly [x: number, y: number])[]): string {
  const colour = COLOURS[index % COLOURS.length]!;
  const line = points.map(([x, y]) => `${x},${y}`).join(' ');
  const marks = points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3"/>`).join('');
  return `<g fill="${colour}"><title>${escape(name)}</title><polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"${dash(index)}/>${marks}</g>`;
}

function legendSvg(name: string, index: number): string {
  const y = BOX.top + 8 + index * LEGEND_STEP;
  const colour = COLOURS[index % COLOURS.length]!;
  return `<path d="M${LEGEND_LEFT} ${y}h28" stroke="${colour}" stroke-width="2"${dash(index)}/><circle cx="${LEGEND_LEFT + 14}" cy="${y}" r="3" fill="${colour}"/><text x="${LEGEND_LEFT + 36}" y="${y + 4}">${escape(name)}</text>`;
}

function dash(index: number): string {
  const pattern = DASHES[index % DASHES.length]!;
  return pattern === '' ? '' : ` stroke-dasharray="${pattern}"`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Control characters have no place in XML 1.0 at all, not even escaped. */
function escape(text: string): string {
  return text
    .replace(/[\0-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
