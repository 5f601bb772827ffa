/** A live tail in a component: lines are drawn four times a second at most, and wait while it is held. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { TailBuffer } from '../../view/tail-buffer.ts';
import type { TailLine } from '../../view/tail-buffer.ts';

const DRAW_MS = 250;

export interface Tail<Value> {
  readonly lines: readonly TailLine<Value>[];
  /** That wait while it is held. */
  readonly pending: number;
  readonly isHeld: boolean;
  readonly hold: (isHeld: boolean) => void;
  readonly clear: () => void;
  readonly add: (value: Value) => void;
}

/** @param max Lines that are kept. */
export function useTail<Value>(max: number): Tail<Value> {
  const buffer = useMemo(() => new TailBuffer<Value>(max), [max]);
  const [lines, setLines] = useState<readonly TailLine<Value>[]>([]);
  const [pending, setPending] = useState(0);
  const [isHeld, setHeld] = useState(false);
  const held = useRef(false);
  held.current = isHeld;
  useEffect(() => {
    const draw = () => {
      if (held.current) setPending(buffer.pending);
      else setLines(buffer.take());
    };
    const timer = setInterval(draw, DRAW_MS);
    return () => clearInterval(timer);
  }, [buffer]);
  const hold = (next: boolean) => {
    setHeld(next);
    setPending(0);
  };
  const clear = () => {
    buffer.clear();
    setLines([]);
    setPending(0);
  };
  const add = useMemo(() => (value: Value) => buffer.add(value), [buffer]);
  return { lines, pending, isHeld, hold, clear, add };
}
