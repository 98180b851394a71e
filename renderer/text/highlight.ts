/**
 * Colours for fenced code, as runs with a class: highlight.js walks the code with an emitter of
 * ours in place of the one that makes HTML. Runs in a worker (`highlight-worker.ts`): some grammars
 * take time that grows with the square of a word. Unknown languages, long blocks, long words and
 * what falls into very many runs stay plain.
 */
import hljs from 'highlight.js/lib/core';
import type { Emitter, LanguageFn } from 'highlight.js';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { LONGEST_CODE, LONGEST_CODE_WORD, MOST_RUNS } from './bounds.ts';
import type { Run, Shade } from './runs.ts';

const LANGUAGES: Readonly<Record<string, LanguageFn>> = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  php,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
};

const SHADES: Readonly<Record<string, Shade>> = {
  keyword: 'keyword',
  built_in: 'title',
  type: 'title',
  literal: 'number',
  number: 'number',
  symbol: 'number',
  string: 'string',
  regexp: 'string',
  'template-variable': 'string',
  title: 'title',
  function: 'title',
  class: 'title',
  name: 'keyword',
  attr: 'title',
  attribute: 'title',
  property: 'title',
  'selector-tag': 'keyword',
  'selector-class': 'title',
  section: 'title',
  meta: 'comment',
  comment: 'comment',
  doctag: 'comment',
  addition: 'added',
  deletion: 'removed',
};

/** Collects what highlight.js finds; the innermost scope that has a shade gives it. */
class RunEmitter implements Emitter {
  readonly #runs: { shade: Shade; text: string }[] = [];
  readonly #open: Shade[] = [];

  addText(text: string): void {
    const shade = this.#open.at(-1) ?? 'plain';
    const last = this.#runs.at(-1);
    if (last?.shade === shade) last.text += text;
    else if (text !== '') this.#runs.push({ shade, text });
  }

  startScope(scope: string): void {
    this.#open.push(SHADES[scope.split('.')[0] ?? ''] ?? this.#open.at(-1) ?? 'plain');
  }

  endScope(): void {
    this.#open.pop();
  }

  __addSublanguage(emitter: Emitter): void {
    for (const run of (emitter as RunEmitter).runs) this.#runs.push({ ...run });
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  // The engine calls scopes by two names.
  openNode(scope: string): void {
    this.startScope(scope);
  }

  closeNode(): void {
    this.endScope();
  }

  finalize(): void {}
  toHTML(): string {
    return '';
  }
}

const engine = hljs.newInstance();
for (const [name, language] of Object.entries(LANGUAGES)) engine.registerLanguage(name, language);
engine.configure({ __emitter: RunEmitter });

/** No run of characters without a blank longer than a grammar may be given. */
function hasLongWord(code: string): boolean {
  let start = 0;
  for (const { index } of code.matchAll(/\s/g)) {
    if (index - start > LONGEST_CODE_WORD) return true;
    start = index + 1;
  }
  return code.length - start > LONGEST_CODE_WORD;
}

/** @returns null where there is nothing to colour */
export function highlight(code: string, language: string): readonly Run[] | null {
  if (engine.getLanguage(language) === undefined) return null;
  if (code.length > LONGEST_CODE || hasLongWord(code)) return null;
  const result = engine.highlight(code, { language, ignoreIllegals: true });
  const { runs } = result._emitter as RunEmitter;
  return runs.length > MOST_RUNS ? null : runs;
}
