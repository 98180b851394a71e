// The lint of the house. Three layers: the arrows between rooms (build/lint/rooms.ts), rules that need types and catch real
// faults (a promise nobody waits for, a union case nobody handles), and a few habits of STYLE kept by machine. Layout is
// Prettier's alone. Runs on Node 24, as every npm script here does.
import tseslint from 'typescript-eslint';
import reactHooks from 'eslint-plugin-react-hooks';
import { noBarrel, reasonedSilence } from './build/lint/house-rules.ts';
import { roomsRule } from './build/lint/rooms-rule.ts';

const TIME_AND_CHANCE = 'Time and chance come in as ports, so that a test can replay them.';
const TESTS = ['**/*.test.ts', '**/*.test.tsx', 'test/**'];

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'out/',
      'dist/',
      '.cache/',
      'coverage/',
      'test-results/',
      'test/fences/planted/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx,js,cjs,mjs}'],
    plugins: {
      house: {
        rules: { rooms: roomsRule, 'no-barrel': noBarrel, 'reasoned-silence': reasonedSilence },
      },
    },
    rules: {
      'house/rooms': 'error',
      'house/no-barrel': 'error',
      'house/reasoned-silence': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-eval': 'error',
      'no-self-compare': 'error',
      'no-unreachable-loop': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    // One program over all rooms: with one for each, what rooms share is read again for every one of them, in twice the time. What a
    // room may see is the compiler's business and the fences', which go by the rooms' own.
    languageOptions: {
      parserOptions: { project: 'build/lint/all-rooms.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          caughtErrors: 'none',
          ignoreRestSiblings: true,
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Parts here are closures without a `this`: taking one function out of them is the house's way.
      '@typescript-eslint/unbound-method': 'off',
      // A port is async whatever today's adapter does.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: [
      'protocol/**',
      'doctor/**',
      'electron/core/**',
      'server/domain/**',
      'renderer/state/**',
    ],
    ignores: TESTS,
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: TIME_AND_CHANCE },
        { object: 'Math', property: 'random', message: TIME_AND_CHANCE },
        { object: 'performance', property: 'now', message: TIME_AND_CHANCE },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: TIME_AND_CHANCE },
        { name: 'setInterval', message: TIME_AND_CHANCE },
      ],
    },
  },
  {
    files: ['renderer/**/*.ts', 'renderer/**/*.tsx'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'react-hooks/purity': 'error',
      'react-hooks/set-state-in-render': 'error',
      'react-hooks/static-components': 'error',
    },
  },
  {
    // A sandboxed preload has shadows of some of Node's globals; the types of Electron would let them through.
    files: ['electron/preload/**'],
    ignores: TESTS,
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'global',
        'require',
        'setImmediate',
        '__dirname',
        '__filename',
      ],
    },
  },
  {
    // Programs that speak to a terminal.
    files: ['build/**', 'bench/**', 'server/main.ts', 'electron/loopback/index.ts', ...TESTS],
    rules: { 'no-console': 'off' },
  },
  {
    files: TESTS,
    rules: {
      // A test may hold a value and assert it in one breath; `!` there fails the test, which is its purpose.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
