export const ok_a = document.title; // the DOM
