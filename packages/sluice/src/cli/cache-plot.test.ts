import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Plot, plotSvg } from './cache-plot.ts';

const PLOT: Plot = {
  title: 'a <log> & "more"\u0007',
  xTitle: 'bytes',
  sizes: [
    { value: 1_000, label: '1kB' },
    { value: 10_000, label: '10kB' },
    { value: 100_000, label: '100kB' },
  ],
  panels: [
    {
      yTitle: 'hits, %',
      curves: [
        { name: 'lru', values: [0, 20, 40] },
        { name: 's3-fifo', values: [10, 30, 60] },
      ],
    },
    { yTitle: 'bytes, %', curves: [{ name: 'lru', values: [0, 0, 0] }] },
  ],
};

/** The names of the elements; fails when the document is not well-formed. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = xml.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<&]*(?:&[a-z]+;[^"<&]*)*")*)(\/?)>/g,
    (_, close: string, name: string, _a, empty: string) => {
      if (close === '/') assert.equal(open.pop(), name);
      else names.push(name);
      if (close === '' && empty === '') open.push(name);
      return '';
    },
  );
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /[<>\u0000-\u0008]|&(?!(?:amp|lt|gt|quot);)/);
  return names;
}

test('the document is well-formed, whatever the title is', () => {
  const svg = plotSvg(PLOT);
  const names = elements(svg);
  assert.ok(svg.includes('a &lt;log&gt; &amp; &quot;more&quot;\ufffd'));
  assert.equal(names.filter((name) => name === 'polyline').length, 3);
});

test('sizes stand a decade apart at equal distances, and larger ratios higher', () => {
  const [points = ''] = /(?<=points=")[^"]+/.exec(plotSvg(PLOT)) ?? [];
  const [first, second, third] = points.split(' ').map((point) => point.split(',').map(Number) as [number, number]);
  assert.ok(Math.abs(second![0] - first![0] - (third![0] - second![0])) < 0.2);
  // 0 to 60 %: a third is a third of the height.
  assert.ok(Math.abs(first![1] - second![1] - (second![1] - third![1])) < 0.2);
  assert.ok(third![1] < second![1]);
});

test('a single size, and nothing but zeros, can be drawn', () => {
  const svg = plotSvg({ ...PLOT, sizes: PLOT.sizes.slice(0, 1), panels: [{ yTitle: 'hits', curves: [{ name: 'lru', values: [0] }] }] });
  elements(svg);
  assert.doesNotMatch(svg, /NaN|Infinity/);
});

test('each curve stands in the legend of its panel', () => {
  assert.equal([...plotSvg(PLOT).matchAll(/<text [^>]*>s3-fifo<\/text>/g)].length, 1);
  assert.equal([...plotSvg(PLOT).matchAll(/<text [^>]*>lru<\/text>/g)].length, 2);
});
