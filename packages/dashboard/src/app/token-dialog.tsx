/** Asks for the API's token when the API does. */
import { giveToken, tokenQuestion } from '../api/session.ts';
import { Dialog } from '../components/dialog.tsx';

export function TokenDialog() {
  const why = tokenQuestion.value;
  if (why === null) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof token === 'string' && token.trim() !== '') giveToken(token.trim());
  };
  return (
    <Dialog title="Sluice asks for a token" onClose={() => giveToken(null)}>
      <p>{why}</p>
      <form onSubmit={submit}>
        <label class="field">
          Token
          <input class="input" type="password" name="token" autocomplete="off" required />
        </label>
        <p class="hint">It is kept for this tab only, until it is closed.</p>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => giveToken(null)}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Use it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
