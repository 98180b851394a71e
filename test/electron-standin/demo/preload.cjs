'use strict';
const { contextBridge, ipcRenderer } = require('electron');

const missing = (act) => {
  try {
    act();
    return 'nothing was thrown';
  } catch (error) {
    return error.message;
  }
};

contextBridge.exposeInMainWorld('demo', {
  platform: process.platform,
  nested: { list: [1, 2, { deep: true }] },
  echo: (value) => ipcRenderer.invoke('echo', value),
  fail: () => ipcRenderer.invoke('fail'),
  uncloneable: () => ipcRenderer.invoke('uncloneable'),
  sendFunction: () => missing(() => ipcRenderer.send('say', () => 1)),
  say: (word) => ipcRenderer.send('say', word),
  notify: (words) => ipcRenderer.send('notify', words),
  fork: (word) => ipcRenderer.invoke('fork', word),
  on: (channel, listener) => {
    const heard = (_event, ...args) => listener(...args);
    ipcRenderer.on(channel, heard);
    return () => ipcRenderer.off(channel, heard);
  },
  throwNow: () => {
    throw new TypeError('thrown in the preload');
  },
  rejectLater: async () => {
    throw new Error('rejected in the preload');
  },
  callTwice: (twice) => [twice(1), twice(2)],
  isSame: (() => {
    let kept;
    return (callback) => {
      const same = kept === callback;
      kept = callback;
      return same;
    };
  })(),
  give: (callback) => callback,
  missing: {
    module: () => missing(() => require('fs')),
    member: () => missing(() => ipcRenderer.sendSync('say')),
    part: () => missing(() => require('electron').shell),
  },
});
