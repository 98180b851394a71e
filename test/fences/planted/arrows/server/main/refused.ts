import Database from 'better-sqlite3'; // a driver
import './gateway/upgrade.ts'; // the gateway past the composition root
