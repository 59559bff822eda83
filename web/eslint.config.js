// SPDX-License-Identifier: MIT
// Lint of the pages: types are strict and never `any`, hooks and accessibility follow their rules.
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import { config, configs } from 'typescript-eslint';

export default config(
	{ ignores: ['static', '**/*.gen.ts'] },
	...configs.recommendedTypeChecked,
	{ languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
	a11y.flatConfigs.recommended,
	{
		plugins: { 'react-hooks': hooks },
		rules: {
			...hooks.configs.recommended.rules,
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/only-throw-error': 'off', // the router throws redirects
			'jsx-a11y/no-autofocus': 'off', // dialogs and pages before a login put the focus where one types
		},
	},
);
