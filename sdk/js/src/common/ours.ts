// SPDX-License-Identifier: MIT
// What the SDK may add to a server's list of tools, by the names that the host chose.
import type { IntentOptions, MissingToolOptions } from '../types.js';

export const parameterOf = (intent: IntentOptions): string => intent.parameter ?? 'context';
export const missingToolOf = (missing: MissingToolOptions): string => missing.toolName ?? 'report_missing_tool';
