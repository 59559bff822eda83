// SPDX-License-Identifier: MIT
// The version of the package; a test holds it against package.json.
export const SDK_VERSION = '0.4.0';
