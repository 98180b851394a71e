import { app } from 'electron'; // Electron
import '../main/window.ts'; // the other host
import '../../server/main.ts'; // the relay, which is started by path
import '../../renderer/main.tsx'; // the window
import Database from 'better-sqlite3'; // the database driver
