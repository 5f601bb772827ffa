/** A modal dialog: the browser's own, so that focus, Escape and what lies behind it are as they should be. Shown while it is mounted. */
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { dialogs, Notices } from './notices.tsx';

interface DialogProps {
  readonly title: string;
  /** It was closed without a choice. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const label = useId();
  // Closed while it is still in the document: only then does the focus go back to where it came from.
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    dialogs.value++;
    return () => {
      element.close();
      dialogs.value--;
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={label}>{title}</h2>
      {children}
      <Notices isInDialog />
    </dialog>
  );
}
