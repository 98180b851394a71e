import '../../server/main.ts'; // the relay, which is started by path
import '../preload/index.ts'; // the preload
import '../loopback/index.ts'; // the other host
import '../../renderer/main.tsx'; // the window
import '../../test/electron-standin/main/app.ts'; // what only tests may use
import Database from 'better-sqlite3'; // the database driver
