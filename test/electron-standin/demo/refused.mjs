// Opens one window with the web preferences named on the command line, and says what became of it.
import { app, BrowserWindow } from 'electron';

await app.whenReady();
try {
  new BrowserWindow({ show: false, webPreferences: JSON.parse(process.argv[2]) });
  console.log('opened');
} catch (error) {
  console.log(`refused: ${error.message}`);
}
app.exit(0);
