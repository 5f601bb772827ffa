/** The dashboard's beginning. */
import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/overview.css';
import { Shell } from './app/shell.tsx';
import { startLive } from './store/live.ts';

startLive();
const app = document.getElementById('app')!;
app.replaceChildren();
render(<Shell />, app);
