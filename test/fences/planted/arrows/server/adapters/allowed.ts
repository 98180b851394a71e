import Database from 'better-sqlite3'; // a driver
import pg from 'pg'; // a driver
import { createClient } from 'redis'; // a driver
import type { Store } from '../ports/store.ts'; // the ports
