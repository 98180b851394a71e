/**
 * The ESLint rule that holds every import against the table in `rooms.ts`: static, dynamic, re-exported, required and
 * `import('…').Type`. It needs no type information, so it also runs on text that is on no disk (the fence tests use that).
 */
import { builtinModules } from 'node:module';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { Rule } from 'eslint';
import { AST_NODE_TYPES, type TSESTree } from '@typescript-eslint/utils';
import { refusal, type Reach, type Target } from './rooms.ts';

const BUILTINS = new Set(builtinModules);

const slashed = (path: string): string => path.split(sep).join('/');

/** Where an import points. Query suffixes (`./worker.ts?worker`) are the bundler's and do not move the target. */
function targetOf(specifier: string, fromPath: string): Target {
  const bare = specifier.replace(/\?.*$/, '');
  if (bare.startsWith('.')) return { kind: 'file', path: slashed(join(dirname(fromPath), bare)) };
  if (bare.startsWith('node:')) return { kind: 'node', name: bare };
  if (BUILTINS.has(bare)) return { kind: 'node', name: `node:${bare}` };
  return { kind: 'package', name: bare };
}

// `import { type A }` is a value import here: with verbatimModuleSyntax the statement stays and the file is loaded.
const reachOf = (kind: 'type' | 'value' | undefined): Reach => (kind === 'type' ? 'type' : 'value');

export const roomsRule: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'imports follow the arrows between the rooms of the house' },
  },
  create(context) {
    if (!isAbsolute(context.filename)) return {};
    const from = slashed(relative(context.cwd, context.filename));

    const check = (source: TSESTree.Node | null | undefined, reach: Reach): void => {
      if (source?.type !== AST_NODE_TYPES.Literal || typeof source.value !== 'string') return;
      const message = refusal({ from, target: targetOf(source.value, from), reach });
      if (message !== undefined) context.report({ node: source as unknown as Rule.Node, message });
    };

    const listeners: Record<string, (node: never) => void> = {
      ImportDeclaration: (node: TSESTree.ImportDeclaration) =>
        check(node.source, reachOf(node.importKind)),
      ExportNamedDeclaration: (node: TSESTree.ExportNamedDeclaration) =>
        check(node.source, reachOf(node.exportKind)),
      ExportAllDeclaration: (node: TSESTree.ExportAllDeclaration) =>
        check(node.source, reachOf(node.exportKind)),
      ImportExpression: (node: TSESTree.ImportExpression) => check(node.source, 'value'),
      TSImportType: (node: TSESTree.TSImportType) => check(node.source, 'type'),
      CallExpression: (node: TSESTree.CallExpression) => {
        if (node.callee.type === AST_NODE_TYPES.Identifier && node.callee.name === 'require')
          check(node.arguments[0], 'value');
      },
    };
    return listeners as unknown as Rule.RuleListener;
  },
};
