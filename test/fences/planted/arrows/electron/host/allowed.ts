import '../core/desktop.ts'; // the core
import '../bridge/api.ts'; // the bridge
import 'node:fs'; // plain Node
