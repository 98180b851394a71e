import '../electron/core/desktop.ts'; // the desktop
import type { LandlineApi } from '../electron/bridge/api.ts'; // the bridge
import '../server/config.ts'; // the relay
import '../renderer/state/store.ts'; // the window
import '../test/kit/clock.ts'; // what only tests may use
import 'fastify'; // a package of the relay
