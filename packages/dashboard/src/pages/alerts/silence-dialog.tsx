/** Makes a silence: for which alerts, how long, and why. */
import { useState } from 'preact/hooks';
import { ApiError, change } from '../../api/client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { tell } from '../../components/notices.tsx';
import { formText } from '../../view/form-text.ts';
import { matchLines, readMatch } from '../../view/silence-form.ts';

const SPANS = ['30m', '2h', '8h', '1d', '7d'];

interface SilenceDialogProps {
  readonly labels: Readonly<Record<string, string>>;
  readonly onClose: () => void;
  readonly onMade: () => void;
}

export function SilenceDialog({ labels, onClose, onMade }: SilenceDialogProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const make = async (form: FormData) => {
    const match = readMatch(formText(form, 'match'));
    if (typeof match === 'string') return setProblem(match);
    try {
      await change('POST', 'api/silences', { match, for: formText(form, 'for'), comment: formText(form, 'comment') });
      tell('ok', 'The silence holds.');
      onMade();
      onClose();
    } catch (error) {
      setProblem([(error as Error).message, ...(error instanceof ApiError ? error.faults : [])].join('\n'));
    }
  };
  return (
    <Dialog title="New silence" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make(new FormData(event.currentTarget));
        }}
      >
        <label class="field">
          Alerts with all of these labels, a line each
          <textarea
            class="input mono"
            name="match"
            rows={4}
            defaultValue={matchLines(labels)}
            placeholder={'rule=latency\nservice=~^web'}
            spellcheck={false}
          />
        </label>
        <p class="hint">A value that begins with ~ is a regular expression.</p>
        <label class="field">
          For how long
          <input
            class="input"
            name="for"
            list="silence-spans"
            defaultValue="2h"
            required
            pattern="\d+\s*(ms|s|m|h|d)"
            title="such as 30m, 2h, 1d"
          />
          <datalist id="silence-spans">
            {SPANS.map((span) => (
              <option key={span} value={span} />
            ))}
          </datalist>
        </label>
        <label class="field">
          Why
          <input class="input" name="comment" maxLength={1_000} placeholder="moving the database" />
        </label>
        {problem === null ? null : (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Silence
          </button>
        </div>
      </form>
    </Dialog>
  );
}
