/** The Kubernetes manifests (`yaml kubernetes` blocks) of a page of the guide: what people are told to apply is what tests apply. */
import { readFileSync } from 'node:fs';

export function guideManifests(page: string): readonly string[] {
  const text = readFileSync(new URL(`../../../../docs/guide/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```yaml kubernetes\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
}
