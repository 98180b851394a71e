/** What stands on an avatar or a team's tile: two initials of a Latin name, the telling character of a Han one. */
const letters = (text: string): readonly string[] => Array.from(text);

export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = words[0];
  if (first === undefined) return letters(name.trim())[0] ?? '?';
  // 林佳穎 is known as 佳穎, 王明 as 明: the surname comes first and says least.
  if (/^[\p{Script=Han}\p{Script=Hangul}]/u.test(first))
    return letters(first)[Math.min(1, letters(first).length - 1)] ?? first;
  const last = words.length > 1 ? words.at(-1) : undefined;
  const one = letters(first)[0] ?? '';
  const two = last === undefined ? (letters(first)[1] ?? '') : (letters(last)[0] ?? '');
  return last === undefined ? one.toUpperCase() + two.toLowerCase() : (one + two).toUpperCase();
}
