/** Light or dark: the system's choice, or a person's, kept in this browser. The stylesheet does the rest by `color-scheme`. */
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'sluice-theme';
const CHOICES: readonly Theme[] = ['system', 'light', 'dark'];

export const theme = signal<Theme>(CHOICES.find((choice) => choice === localStorage.getItem(KEY)) ?? 'system');
/** Changes whenever the colours do: what draws on a canvas reads it. */
export const colourGeneration = signal(0);

effect(() => {
  const { value } = theme;
  if (value === 'system') {
    delete document.documentElement.dataset['theme'];
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset['theme'] = value;
    localStorage.setItem(KEY, value);
  }
  colourGeneration.value = colourGeneration.peek() + 1;
});

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => colourGeneration.value++);

export function nextTheme(): void {
  theme.value = CHOICES[(CHOICES.indexOf(theme.value) + 1) % CHOICES.length]!;
}
