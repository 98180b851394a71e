import '../core/desktop.ts'; // the core
import '../../server/adapters/store-sqlite/store.ts'; // a driver past the composition root
import Database from 'better-sqlite3'; // the database driver
