/** uPlot with its stylesheet: a chunk of its own, loaded with the first chart. */
import 'uplot/dist/uPlot.min.css';
import Plot from 'uplot';

export { Plot };
export const stepped = Plot.paths.stepped!({ align: 1 });
