export const ok_a = JSON.stringify({}); // the language itself
