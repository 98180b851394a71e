export const ok_a = process.version; // Node
export const ok_b = Buffer.from('a'); // Node's buffers
