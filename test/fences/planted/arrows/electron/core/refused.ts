import { app } from 'electron'; // Electron
import type { App } from 'electron'; // even the types of Electron
import '../main/window.ts'; // a host
import '../loopback/index.ts'; // the other host
import '../../server/relay.ts'; // the relay
import '../../renderer/state/store.ts'; // the window
import '../../test/kit/clock.ts'; // what only tests may use
import '../../bench/run.ts'; // a measurement
import Database from 'better-sqlite3'; // the database driver outside the cache
import 'fastify'; // a package of the relay
