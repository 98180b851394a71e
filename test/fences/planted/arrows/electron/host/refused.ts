import { app } from 'electron'; // Electron
import '../main/window.ts'; // one host
import '../loopback/index.ts'; // the other host
import '../../server/relay.ts'; // the relay
import Database from 'better-sqlite3'; // the database driver
