import { app } from 'electron'; // Electron
import '../core/desktop.ts'; // the core
import '../bridge/api.ts'; // the bridge
import '../../protocol/version.ts'; // the wire
import '../host/links.ts'; // what both hosts share
