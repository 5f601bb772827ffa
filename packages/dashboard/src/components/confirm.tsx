/** Asks before something is done, does it, and tells what came of it. */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { Dialog } from './dialog.tsx';
import { tell } from './notices.tsx';

export interface Question {
  readonly title: string;
  /** What will happen, in a sentence or two. */
  readonly text: string;
  /** The button's: `Drain`. */
  readonly verb: string;
  readonly isDangerous?: boolean;
  /** Done when it is agreed to. @returns What came of it, for people. */
  readonly act: () => Promise<string>;
}

const asked = signal<Question | null>(null);

/** Shows the question; a second one takes the place of the first. */
export function ask(question: Question): void {
  asked.value = question;
}

/** Does it and tells the outcome, without asking. */
export async function perform(act: () => Promise<string>): Promise<boolean> {
  try {
    tell('ok', await act());
    return true;
  } catch (error) {
    const faults = error instanceof ApiError ? error.faults : [];
    tell('error', [(error as Error).message, ...faults].join('\n'));
    return false;
  }
}

/** Once, in the shell. */
export function ConfirmDialog() {
  const question = asked.value;
  return question === null ? null : <Confirm key={question.title} question={question} />;
}

function Confirm({ question }: { readonly question: Question }) {
  const [isBusy, setBusy] = useState(false);
  const close = () => {
    if (asked.peek() === question) asked.value = null;
  };
  const agree = async () => {
    setBusy(true);
    // What takes long, a drain say, goes on behind the closed dialog.
    const late = setTimeout(close, 800);
    await perform(question.act);
    clearTimeout(late);
    close();
  };
  return (
    <Dialog title={question.title} onClose={close}>
      <p>{question.text}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class={`button primary ${question.isDangerous === true ? 'danger' : ''}`}
          disabled={isBusy}
          onClick={() => void agree()}
        >
          {isBusy ? 'Working…' : question.verb}
        </button>
      </div>
    </Dialog>
  );
}
