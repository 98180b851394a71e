/** The window's beginning, on the host's bridge. */
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import { theBridge } from './bridge.ts';
import { startWindow } from './start.tsx';

const root = document.getElementById('window');
if (root === null) throw new Error('the page has no place for the window');
void startWindow(theBridge(), root);
