/** One figure with its name, live. */
import type { ComponentChildren } from 'preact';
import { LiveText } from './live-text.tsx';

interface FigureProps {
  readonly label: string;
  readonly of: () => string;
  readonly unit?: string;
  readonly isBad?: () => boolean;
  readonly isWide?: boolean;
}

/** In a `<dl class="totals">`. */
export function Figure({ label, of, unit, isBad, isWide = false }: FigureProps) {
  return (
    <div class={isWide ? 'total wide' : 'total'}>
      <dt>{label}</dt>
      <dd>
        {isBad === undefined ? <LiveText of={of} /> : <Marked isBad={isBad}>{<LiveText of={of} />}</Marked>}
        {unit === undefined ? null : <small>{unit}</small>}
      </dd>
    </div>
  );
}

function Marked({ isBad, children }: { readonly isBad: () => boolean; readonly children: ComponentChildren }) {
  return <span class={isBad() ? 'down' : ''}>{children}</span>;
}
