export const a = document.title; // the DOM
export const b = process.version; // Node
export const c = Buffer.from('a'); // Node's buffers
export const d = setTimeout(() => 0, 1); // a clock
console.log('e'); // a console
