export const a = document.title; // the DOM
export const b = window.localStorage; // the window
