export const ok_a = process.version; // Node
