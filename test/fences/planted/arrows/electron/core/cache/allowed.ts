import Database from 'better-sqlite3'; // the database driver
import '../ports.ts'; // the core
