import '../adapters/store-sqlite/store.ts'; // an adapter
import '../gateway/hub.ts'; // the gateway
import '../http/hooks.ts'; // the HTTP doors
import '../relay.ts'; // the composition root
import Database from 'better-sqlite3'; // a driver
import { WebSocket } from 'ws'; // a socket
import { createServer } from 'node:net'; // a socket of Node
import { readFile } from 'node:fs/promises'; // the disk
