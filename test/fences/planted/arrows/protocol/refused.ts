import '../electron/bridge/api.ts'; // another room
import type { Store } from '../server/ports/store.ts'; // even the types of another room
import 'ws'; // a package other than zod
import { hash } from 'node:crypto'; // a module of Node
import { hash } from 'crypto'; // a module of Node by its old name
export * from '../electron/core/desktop.ts'; // passing on another room
export const late = import('../server/relay.ts'); // another room, later
export type Late = import('../server/relay.ts').Relay; // another room, inside a type
const old = require('ws'); // a package, the old way
import './codec.test.ts'; // a test
