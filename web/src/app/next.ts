// SPDX-License-Identifier: MIT
/** Where to go after a login: inside this site only. */
export function safeNext(next: string | undefined): string {
	return next !== undefined && /^\/(?![/\\])/.test(next) && !/[\s\\]/.test(next) ? next : '/';
}
