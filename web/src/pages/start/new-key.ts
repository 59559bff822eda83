// SPDX-License-Identifier: MIT
// A key that was made in this tab, in memory until it is acknowledged or the page closes; never in the URL, storage or a log.
const keys = new Map<string, string>();

export const keepNewKey = (projectId: string, key: string): void => void keys.set(projectId, key);
export const newKey = (projectId: string): string | undefined => keys.get(projectId);
export const forgetNewKey = (projectId: string): void => void keys.delete(projectId);
