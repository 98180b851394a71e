import Database from 'better-sqlite3'; // a driver
import '../electron/core/desktop.ts'; // the desktop
