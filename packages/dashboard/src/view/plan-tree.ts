/** A plan as a tree that is looked into piece by piece: what a node is in a line, what is below it, where a text occurs. */

export type Step = string | number;
export type NodePath = readonly Step[];

/** Whether something is below it. */
export function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** What is below a branch, in order. */
export function childrenOf(value: object): readonly (readonly [step: Step, value: unknown])[] {
  return Array.isArray(value) ? value.map((item: unknown, index) => [index, item] as const) : Object.entries(value);
}

const TOLD_MAX = 160;

/** A leaf as JSON; of a branch, what it is: `shop`, `3 items`, `5 members`. */
export function tell(value: unknown): string {
  if (!isBranch(value)) {
    const text = JSON.stringify(value) ?? 'null';
    return text.length > TOLD_MAX ? `${text.slice(0, TOLD_MAX)}… (${text.length} characters)` : text;
  }
  const size = Object.keys(value).length;
  if (Array.isArray(value)) return `${size} ${size === 1 ? 'item' : 'items'}`;
  const { name } = value as { name?: unknown };
  return typeof name === 'string' ? name : `${size} ${size === 1 ? 'member' : 'members'}`;
}

/** `routes[3].path`; the root is empty. */
export function pathText(path: NodePath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

export interface Found {
  readonly path: NodePath;
  readonly value: unknown;
}

/** Members and values that have the text in them, whatever its case, from the top. Names of members count, too. @param max More are not looked for. */
export function searchTree(root: unknown, text: string, max: number): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  const found: Found[] = [];
  if (wanted !== '') walk(root, [], wanted, max, found);
  return found;
}

function walk(value: unknown, path: Step[], wanted: string, max: number, found: Found[]): void {
  if (!isBranch(value)) return;
  for (const [step, child] of childrenOf(value)) {
    if (found.length >= max) return;
    path.push(step);
    const isNamed = typeof step === 'string' && step.toLowerCase().includes(wanted);
    const isTold = !isBranch(child) && String(child).toLowerCase().includes(wanted);
    if (isNamed || isTold) found.push({ path: [...path], value: child });
    walk(child, path, wanted, max, found);
    path.pop();
  }
}
