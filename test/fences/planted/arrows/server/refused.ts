import './adapters/store-sqlite/store.ts'; // an adapter outside the composition root
import '../electron/core/desktop.ts'; // the desktop
import type { LandlineApi } from '../electron/bridge/api.ts'; // the bridge
import { app } from 'electron'; // Electron
import Database from 'better-sqlite3'; // a driver
import '../test/kit/clock.ts'; // what only tests may use
import { Server } from 'socket.io'; // a package that only measurements use
