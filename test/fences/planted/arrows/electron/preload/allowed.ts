import { contextBridge } from 'electron'; // Electron
import { IPC } from '../bridge/api.ts'; // the bridge
