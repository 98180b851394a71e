/**
 * Small rules of the house that no published plugin has: no barrels, and no silenced rule without its reason on the line.
 */
import type { Rule } from 'eslint';
import { AST_NODE_TYPES, type TSESTree } from '@typescript-eslint/utils';

const isPassingOn = (one: TSESTree.ProgramStatement): boolean =>
  one.type === AST_NODE_TYPES.ExportAllDeclaration ||
  (one.type === AST_NODE_TYPES.ExportNamedDeclaration && one.declaration === null);

/** A file that only passes on what others export hides where things live and ties rooms into cycles. */
export const noBarrel: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'a file that only re-exports is refused' },
  },
  create: (context) => ({
    Program(node) {
      const body = (node as unknown as TSESTree.Program).body;
      const passesOn = body.filter(isPassingOn).length;
      const imports = body.filter((one) => one.type === AST_NODE_TYPES.ImportDeclaration).length;
      if (passesOn > 0 && passesOn + imports === body.length) {
        context.report({
          node,
          message:
            'This file only re-exports (a barrel). Import from the file that owns the thing.',
        });
      }
    },
  }),
};

const SILENCER =
  /^\s*(?:eslint-disable(?:-next-line|-line)?|@ts-(?:expect-error|ignore|nocheck)|prettier-ignore)\b/;

/** What follows the silencer has to say why: `eslint-disable-next-line rule -- reason`. */
export const reasonedSilence: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'a silenced rule states its reason on the same line' },
  },
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (!SILENCER.test(comment.value) || comment.loc == null) continue;
        const reason = / -- (.+)$/s.exec(comment.value)?.[1] ?? '';
        if (reason.trim().length < 8) {
          context.report({ loc: comment.loc, message: 'Say why on this line: "… -- the reason".' });
        }
      }
    },
  }),
};
