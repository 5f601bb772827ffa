/** A directory as a page: names as links, folders first. Nothing of a name is taken for HTML or for a part of an address. */

export interface ListedFile {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** @param path Of the directory, as people read it. @param isCut There are more than are listed. */
export function listingPage(path: string, files: readonly ListedFile[], isCut: boolean): string {
  const sorted = files.toSorted((left, right) => Number(right.isDirectory) - Number(left.isDirectory) || (left.name < right.name ? -1 : 1));
  const title = `Index of ${escapeHtml(path)}`;
  const items = sorted.map(item).join('');
  const up = path === '/' ? '' : '<li><a href="../">../</a></li>\n';
  const rest = isCut ? '<p>There are more.</p>\n' : '';
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>${title}</title>\n<h1>${title}</h1>\n<ul>\n${up}${items}</ul>\n${rest}</html>\n`;
}

function item({ name, isDirectory }: ListedFile): string {
  const slash = isDirectory ? '/' : '';
  // `./` keeps a name with a colon from being read as a scheme.
  return `<li><a href="./${encodeURIComponent(name)}${slash}">${escapeHtml(name)}${slash}</a></li>\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);
}
