export const a = process.version; // Node
export const b = Buffer.from('a'); // Node's buffers
