// SPDX-License-Identifier: MIT
/** of one request */
export const TRAITS_MAX = 5;
/** Whether the API takes it as a trait: a key, a colon, a value. */
export const isTrait = (text: string): boolean => /^[^:]+:.+$/.test(text) && text.length <= 256;
