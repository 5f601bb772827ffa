/** Text that follows signals by itself: the component around it is not drawn again. */
import { useComputed } from '@preact/signals';

/** @param of Reads signals; what it returns is shown. */
export function LiveText({ of }: { readonly of: () => string }) {
  const text = useComputed(of);
  return <>{text}</>;
}
