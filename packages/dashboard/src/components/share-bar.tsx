/** A share as a bar, beside the number that says it. */
export function ShareBar({ share }: { readonly share: number }) {
  const width = Math.max(0, Math.min(1, share)) * 100;
  return (
    <svg class="share-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="share-room" width="100" height="8" rx="2" />
      <rect class="share-fill" width={width} height="8" rx="2" />
    </svg>
  );
}
