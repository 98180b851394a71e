export const a = document.title; // the DOM
export const b = window.localStorage; // the window
export const c = (at: HTMLElement): string => at.id; // an element
