// SPDX-License-Identifier: MIT
/** Whether the API takes it as a trait: a key, a colon, a value. */
export const isTrait = (text: string): boolean => /^[^:]+:.+$/.test(text) && text.length <= 256;
