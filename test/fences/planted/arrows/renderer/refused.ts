import { decode } from '../protocol/codec.ts'; // more than types of the wire
import '../electron/core/desktop.ts'; // the core
import { ipcRenderer } from 'electron'; // Electron
import '../electron/preload/index.ts'; // the preload
import type { Store } from '../server/ports/store.ts'; // the relay
import 'node:path'; // a module of Node
import 'ws'; // a socket of its own
import { io } from 'socket.io-client'; // somebody else's socket
import { SAYINGS } from '../doctor/findings.ts'; // more than types of the doctor
