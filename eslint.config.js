// Strict typed lint, and the import law of docs/architecture.md: folder is layer, imports point one way.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const LAYERS = ['model', 'edgar', 'check', 'http', 'storage', 'limits', 'worker', 'plan', 'run', 'cli'];

/** What each layer of src/ may import, beside itself. */
const MAY_IMPORT = {
  model: [],
  edgar: ['model'],
  check: ['model', 'edgar'],
  http: ['model', 'edgar', 'check'],
  storage: ['model', 'edgar'],
  limits: ['model', 'edgar', 'storage'],
  worker: ['model', 'edgar', 'check', 'http', 'storage', 'limits'],
  plan: ['model', 'edgar', 'storage'],
  run: ['model', 'edgar', 'storage', 'limits', 'worker', 'plan'],
  cli: ['model', 'edgar', 'http', 'storage', 'limits', 'worker', 'plan', 'run'],
};

const WHY = {
  model: 'model/ is pure data and imports nothing of ours.',
  edgar: 'edgar/ is pure knowledge of EDGAR; it may import model/ only.',
  check: 'check/ judges a body that is there: it must not know where it came from or where it goes.',
  http: 'http/ moves one document over the network; it must not know storage, workers or runs. worker/ joins it with storage/.',
  storage: 'storage/ puts bytes on disk; it must not know the network, workers or runs. worker/ joins it with http/.',
  limits: 'limits/ says when a request may start; it must not know who asks, nor what for.',
  worker: 'worker/ joins http/ and storage/; it must not know the run that feeds it.',
  plan: 'plan/ turns the list into batches; it must not know who downloads them.',
  run: 'run/ sees the worker protocol and the storage, never the network (http/) and never the edge (cli/).',
  cli: '',
};

const importLaw = LAYERS.filter((layer) => layer !== 'cli').map((layer) => {
  const forbidden = LAYERS.filter((other) => other !== layer && !MAY_IMPORT[layer].includes(other));
  return {
    files: [`src/${layer}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: forbidden.flatMap((other) => [`../${other}/**`, `../../${other}/**`]), message: WHY[layer] },
            {
              group: ['node:process', 'process'],
              message: 'Only cli/ touches process.*: hand values down as arguments.',
            },
            ...(['model', 'edgar'].includes(layer)
              ? [{ group: ['node:fs*', 'node:net', 'node:http*', 'undici'], message: `${layer}/ is pure: no I/O.` }]
              : []),
            ...(['limits', 'plan', 'run'].includes(layer)
              ? [{ group: ['node:fs*'], message: `${layer}/ reaches files through storage/ only.` }]
              : []),
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Only cli/ touches process.*: hand values down as arguments.' },
        { name: 'console', message: 'Only cli/ prints.' },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['dist/', 'downloads/', 'node_modules/', '.bench/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: false, skipComments: false }],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines': 'off',
    },
  },
  {
    files: ['test/**/*.cjs'],
    languageOptions: { globals: { require: 'readonly', process: 'readonly', setImmediate: 'readonly' } },
  },
  { files: ['**/*.js'], languageOptions: { globals: { URL: 'readonly', console: 'readonly', process: 'readonly' } } },
  ...importLaw,
);
