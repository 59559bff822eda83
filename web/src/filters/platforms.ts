// SPDX-License-Identifier: MIT
// Platforms in the order in which they are shown, with their names.
export const PLATFORMS: readonly [string, string][] = [
	['chatgpt', 'ChatGPT'], ['codex', 'Codex'], ['claude', 'Claude'], ['claude-code', 'Claude Code'], ['cline', 'Cline'], ['continue', 'Continue'], ['cursor', 'Cursor'], ['gemini', 'Gemini'], ['gemini-cli', 'Gemini CLI'],
	['opencode', 'opencode'], ['vscode', 'VS Code'], ['windsurf', 'Windsurf'], ['zed', 'Zed'], ['unknown', 'Unknown'],
];
const NAMES = new Map(PLATFORMS);
/** The name of a platform; one that nobody knows yet is shown as it is. */
export const platformName = (platform: string | null | undefined): string => (platform ? (NAMES.get(platform) ?? platform) : 'Unknown');
