import { IPC } from '../../bridge/api.ts'; // the bridge
