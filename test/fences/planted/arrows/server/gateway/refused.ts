import '../adapters/fan-out-local.ts'; // an adapter
import '../http/hooks.ts'; // the HTTP doors
import '../relay.ts'; // the composition root
import Database from 'better-sqlite3'; // a driver
