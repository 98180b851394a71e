import '../gateway/hub.ts'; // the gateway
import '../auth/throttle.ts'; // authentication
import '../adapters/budgets-local.ts'; // an adapter
import { createHash } from 'node:crypto'; // another module of Node
import Database from 'better-sqlite3'; // a driver
