/** A decision in words: what was there, what each policy said, which bounds moved the number, who went. */
import type { Decision } from '../../api/types.ts';
import { describeBounds, describeStep } from '../../view/decision-at.ts';
import { clock, NONE } from '../../view/format.ts';

export function DecisionDetail({ decision }: { readonly decision: Decision }) {
  const { at, counts, answers, winner, raw, victims, reason } = decision;
  const bounds = describeBounds(decision);
  const gone = victims.filter(({ isChosen }) => isChosen).map(({ id }) => id);
  return (
    <article class="decision">
      <h3>
        {clock(at)}: {describeStep(decision)}
      </h3>
      <p>{reason}</p>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Signal</th>
            <th scope="col" class="number">
              Figure
            </th>
            <th scope="col" class="number">
              Target
            </th>
            <th scope="col" class="number">
              Wants
            </th>
          </tr>
        </thead>
        <tbody>
          {answers.map(({ policy, figure, target, wanted, holds, detail }) => (
            <tr key={policy} title={detail} class={policy === winner ? 'winner' : ''}>
              <th scope="row">
                {policy}
                {policy === winner ? <span class="tag">decides</span> : null}
                {holds ? <span class="tag">holds</span> : null}
              </th>
              <td class="number">{figureText(figure)}</td>
              <td class="number">{figureText(target)}</td>
              <td class="number">{wanted ?? NONE}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="facts">
        <dt>There were</dt>
        <dd>
          {counts.ready} ready, {counts.starting} starting, {counts.warm} warm
        </dd>
        <dt>Before bounds</dt>
        <dd>{raw}</dd>
        <dt>Bounds</dt>
        <dd>{bounds.length === 0 ? 'none moved it' : bounds.map((bound) => <div key={bound}>{bound}</div>)}</dd>
        {gone.length === 0 ? null : (
          <>
            <dt>Chosen to go</dt>
            <dd>{gone.join(', ')}</dd>
          </>
        )}
      </dl>
    </article>
  );
}

/** Three figures that matter, of any size. */
function figureText(value: number | null): string {
  return value === null ? NONE : String(Number(value.toPrecision(3)));
}
