export const a = process.version; // Node
export const b = Buffer.from('a'); // Node's buffers
export const c = require('./x.ts'); // Node's modules
export const d = __dirname; // Node's paths
