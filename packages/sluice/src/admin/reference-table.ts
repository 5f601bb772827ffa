/** The table of docs/reference/admin-api.md, made of the operations as the OpenAPI document is. `scripts/docs.ts` writes it; a test holds the page to it. */
import type { Operation } from './operation.ts';

/** Markdown. */
export function referenceTable(operations: readonly Operation[]): string {
  const head = '| request | scope | does | answers with 200 |\n| --- | --- | --- | --- |\n';
  return head + operations.map(rowOf).join('');
}

function rowOf(operation: Operation): string {
  const { method, path, scope, summary, answers, isForOwner } = operation;
  const asks = Object.keys(operation.query ?? {}).map((name) => `\`${name}\``);
  const query = asks.length === 0 ? '' : ` Query: ${asks.join(', ')}.`;
  const body = operation.example === undefined ? '' : ` Body: \`${operation.example}\`.`;
  const needs = `${scope}${isForOwner === true ? ' \\*' : ''}`;
  return `| \`${method.toUpperCase()} ${path}\` | ${needs} | ${summary}${query}${body} | ${answers} |\n`;
}
