import '../adapters/store-sqlite/store.ts'; // an adapter
import '../gateway/hub.ts'; // the gateway
import Database from 'better-sqlite3'; // a driver
