export const a = window.location; // the DOM
export const b = process.version; // Node
console.log('c'); // a console
