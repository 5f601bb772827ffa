/** Headers of requests and replies: set, added, removed. What has no places to fill is paid once. */
import { headerTemplate, type TemplatePart } from '../../core/filters/header-template.ts';
import type { HeaderChanges } from '../../config/filters/headers-plan.ts';
import { type CompiledEdits, dropsOf, NO_EDITS } from '../exchange/header-edits.ts';
import { fillTemplate } from '../exchange/template-values.ts';
import { type FilterModule, PASS, type RequestPass } from './filter.ts';

interface Line {
  readonly name: string;
  readonly parts: readonly TemplatePart[];
}

/** Edits, whole or to be filled. */
interface Changes {
  readonly fixed: CompiledEdits;
  /** In place of the lines of `fixed`; null: nothing is to be filled. */
  readonly lines: readonly Line[] | null;
}

export const filter: FilterModule<'headers'> = {
  create({ request, response }) {
    const up = compile(request);
    const down = compile(response);
    return {
      onRequest(pass) {
        if (up.fixed !== NO_EDITS) pass.edit(editsFor(up, pass));
        if (down.fixed !== NO_EDITS) pass.exchange.addReplyEdits(editsFor(down, pass));
        return PASS;
      },
    };
  },
};

function editsFor({ fixed, lines }: Changes, pass: RequestPass): CompiledEdits {
  if (lines === null) return fixed;
  let text = '';
  for (const { name, parts } of lines) text += `${name}: ${fillTemplate(parts, pass)}\r\n`;
  return { drops: fixed.drops, lines: text };
}

function compile({ set, add, remove }: HeaderChanges): Changes {
  const written = [...set, ...add];
  const drops = dropsOf([...remove, ...set.map(([name]) => name)]);
  if (drops === '' && written.length === 0) return { fixed: NO_EDITS, lines: null };
  const lines = written.map(([name, value]) => ({ name, parts: partsOf(value) }));
  const hasPlaces = lines.some(({ parts }) => parts.some((part) => 'name' in part));
  const fixed = { drops, lines: written.map(([name, value]) => `${name}: ${value}\r\n`).join('') };
  return { fixed, lines: hasPlaces ? lines : null };
}

function partsOf(value: string): readonly TemplatePart[] {
  const parts = headerTemplate(value);
  return 'unknown' in parts ? [{ literal: value }] : parts;
}
