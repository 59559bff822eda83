// SPDX-License-Identifier: MIT
// The public types of the server entry.

export const platformValues = [
  'chatgpt', 'codex', 'claude', 'claude-code', 'cursor', 'gemini', 'gemini-cli',
  'opencode', 'vscode', 'windsurf', 'cline', 'continue', 'zed', 'unknown',
] as const;
export type Platform = (typeof platformValues)[number];
export type ErrorCategory = 'auth' | 'validation' | 'timeout' | 'rate_limit' | 'server' | 'unknown';

/** What a handler may tell about its request. */
export interface Tracker {
  /** Names the user of this session; the first id of a session wins, the same id merges traits. */
  identify(userId: string, traits?: Record<string, unknown>): void;
  /** A step of a funnel; steps of one trace are numbered from 1. */
  step(name: string, meta?: Record<string, unknown>): void;
  /** An event of your own. */
  track(event: string, properties?: Record<string, unknown>): void;
  /** Revenue: a finite value and an ISO 4217 currency. */
  conversion(name: string, data: { value: number; currency: string; meta?: Record<string, unknown> }): void;
}

export interface FlushResult { sent: number; remaining: number; dropped: number }
export interface FlushOptions { timeoutMs?: number }

/** The request that runs now, found through AsyncLocalStorage; outside a request the methods do nothing. */
export interface YavioContext extends Tracker {
  /** Ids of the current request, for the host's own logs. */
  current(): { traceId: string; sessionId: string; userId?: string; platform: Platform } | undefined;
  /** A tracker that keeps trace, session and user for queues and timers. */
  detach(): Tracker | undefined;
  flush(options?: FlushOptions): Promise<FlushResult>;
  shutdown(options?: FlushOptions): Promise<FlushResult>;
}

export interface CaptureConfig {
  inputKeys: boolean; inputValues: boolean; outputValues: boolean; geo: boolean;
  tokens: boolean; retries: boolean; resources: boolean; prompts: boolean;
}

export interface IntentOptions {
  parameter?: string; required?: boolean; description?: string;
  /** Guesses an intent where the model gave none. */
  fallback?: (toolName: string, args: Record<string, unknown> | undefined) => string | undefined;
}

export interface MissingToolOptions {
  toolName?: string; description?: string;
  onReport?: (report: { need: string; attempted?: string }) => void;
}

export interface YavioRequest {
  method: string; name?: string; arguments?: Record<string, unknown>; meta: Record<string, unknown>;
  /** All headers, lower-cased; they stay in the host's process. */
  headers: Record<string, string>;
  clientInfo?: { name?: string; version?: string }; protocolVersion?: string;
  era: 'legacy' | 'modern'; transportSessionId?: string; authInfo?: unknown;
}

export interface Identity { userId: string; traits?: Record<string, unknown> }

export type YavioEvent = Record<string, unknown> & {
  event_id: string; event_type: string; trace_id: string; session_id: string;
  timestamp: string; source: 'server' | 'widget';
};

export type LogLevel = 'error' | 'warn' | 'debug';
export type Logger = (level: LogLevel, code: string, message: string) => void;

export interface TransportOptions {
  flushIntervalMs?: number; maxBatchSize?: number; maxBufferSize?: number;
  maxRetries?: number; timeoutMs?: number; fetch?: typeof globalThis.fetch;
}

export interface WithYavioOptions {
  apiKey?: string; endpoint?: string; enabled?: boolean;
  capture?: Partial<CaptureConfig>; serverOnly?: boolean;
  intent?: boolean | IntentOptions; missingTools?: boolean | MissingToolOptions;
  widget?: { inject?: 'auto' | 'always' | 'never'; maxWaitMs?: number };
  /** A key of your own for the session; it is hashed. */
  session?: (request: YavioRequest) => string | null | undefined;
  sessionIdleMs?: number;
  identify?: (request: YavioRequest) => Identity | null | undefined | Promise<Identity | null | undefined>;
  errorCategory?: (error: unknown, toolName: string) => ErrorCategory | undefined;
  /** Sees each event last; null drops it. */
  beforeSend?: (event: Readonly<YavioEvent>) => YavioEvent | null;
  transport?: TransportOptions;
  handleSignals?: boolean;
  /** Serverless: gets the promise of each delivery. */
  waitUntil?: (work: Promise<unknown>) => void;
  logger?: Logger;
}

export interface YavioStats {
  queued: number; sent: number; rejected: number;
  dropped: { overflow: number; refused: number; auth: number; shutdown: number; beforeSend: number };
  lastError?: string;
}

export type Flush = (options?: FlushOptions) => Promise<FlushResult>;
export type DetectPlatform = (signals: { clientName?: string; userAgent?: string; meta?: Record<string, unknown>; origin?: string }) => Platform;
