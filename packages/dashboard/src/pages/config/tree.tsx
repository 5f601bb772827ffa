/** JSON as lists in lists. What is below a node is made when it is opened, a hundred at a time: a plan of 10,000 routes has a million nodes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { childrenOf, isBranch, tell } from '../../view/plan-tree.ts';
import type { NodePath, Step } from '../../view/plan-tree.ts';

const CHILDREN_AT_ONCE = 100;

interface TreeProps {
  readonly root: object;
  /** Open down to this one; empty: nothing is. */
  readonly shown: NodePath;
}

export function Tree({ root, shown }: TreeProps) {
  return (
    <ul class="tree">
      <Children value={root} shown={shown} />
    </ul>
  );
}

function Children({ value, shown }: { readonly value: object; readonly shown: NodePath }) {
  const children = childrenOf(value);
  const at = shown.length === 0 ? -1 : children.findIndex(([step]) => step === shown[0]);
  const [many, setMany] = useState(CHILDREN_AT_ONCE);
  // What is to be shown stands in the first page, or alone in front of it.
  const first = at >= many ? [children[at]!] : [];
  return (
    <>
      {[...first, ...children.slice(0, many)].map(([step, child]) => (
        <Node key={step} step={step} value={child} shown={step === shown[0] ? shown.slice(1) : null} />
      ))}
      {children.length > many ? (
        <li>
          <button type="button" class="button small" onClick={() => setMany(many + CHILDREN_AT_ONCE)}>
            {Math.min(CHILDREN_AT_ONCE, children.length - many)} more of {children.length - many}
          </button>
        </li>
      ) : null}
    </>
  );
}

/** @param shown Below it; null: it is on no way to what is shown. */
function Node({ step, value, shown }: { readonly step: Step; readonly value: unknown; readonly shown: NodePath | null }) {
  const [isOpen, setOpen] = useState(shown !== null && (shown.length > 0 || isBranch(value)));
  const line = useRef<HTMLLIElement>(null);
  const isGoal = shown !== null && shown.length === 0;
  useEffect(() => {
    if (!isGoal) return;
    line.current!.scrollIntoView({ block: 'center' });
    line.current!.querySelector<HTMLElement>('button, .leaf')!.focus({ preventScroll: true });
  }, [isGoal]);
  return (
    <li ref={line} class={isGoal ? 'goal' : ''}>
      {isBranch(value) ? (
        <button type="button" class="twist" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
          {step} <span class="soft">{tell(value)}</span>
        </button>
      ) : (
        <span class="leaf" tabIndex={isGoal ? -1 : undefined}>
          {step}: <span class={`json ${typeof value}`}>{tell(value)}</span>
        </span>
      )}
      {isOpen && isBranch(value) ? (
        <ul>
          <Children value={value} shown={shown ?? []} />
        </ul>
      ) : null}
    </li>
  );
}
