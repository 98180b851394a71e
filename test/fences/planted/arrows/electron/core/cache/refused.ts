import { app } from 'electron'; // Electron
import '../../main/window.ts'; // a host
import '../../../server/adapters/store-sqlite/store.ts'; // the relay's driver
