// SPDX-License-Identifier: MIT
/** Joins the class names that hold. */
export const classes = (...names: (string | false | null | undefined)[]): string => names.filter(Boolean).join(' ');
/** of what opens above a page */
export const menuClass = 'z-40 rounded-card border border-line bg-panel p-1 text-text shadow-lg outline-none';
