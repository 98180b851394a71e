export const ok_a = new Map<string, number>().size; // the language itself
