export const ok_a = document.title; // the DOM
export const ok_b = window.localStorage; // the window
export const ok_c = import.meta.env.DEV; // the bundler
