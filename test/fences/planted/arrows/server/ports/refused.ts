import '../domain/send-message.ts'; // the domain
import '../adapters/store-sqlite/store.ts'; // an adapter
import type { Server } from 'node:http'; // a module of Node
import type { Database } from 'better-sqlite3'; // a driver, even its types
