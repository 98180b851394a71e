// Loaded before the module of a stand-in utility process: gives it `process.parentPort` over Node's channel, and ends it when the
// app is gone, however the app went.
import { EventEmitter } from 'node:events';
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (/^electron(?:\/.*)?$/.test(specifier))
      throw new Error(`stand-in: '${specifier}' in a utility process is not implemented`);
    return next(specifier, context);
  },
});

const port = new EventEmitter();
const send = process.send?.bind(process);
port.postMessage = (message) => {
  if (process.connected) send?.({ data: structuredClone(message) });
};
port.start = () => undefined;
port.pause = () => {
  throw new Error('stand-in: parentPort.pause is not implemented');
};
process.parentPort = port;
process.type = 'utility';

// A message may come before the module has begun to listen.
const early = [];
process.on('message', ({ data }) => {
  if (port.listenerCount('message') === 0) early.push(data);
  else port.emit('message', { data, ports: [] });
});
port.on('newListener', (event) => {
  if (event !== 'message') return;
  process.nextTick(() => {
    for (const data of early.splice(0)) port.emit('message', { data, ports: [] });
  });
});
process.on('disconnect', () => process.exit(0));
// The app's code must not see a channel that Electron does not have.
process.send = undefined;
