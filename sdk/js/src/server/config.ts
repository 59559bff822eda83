// SPDX-License-Identifier: MIT
// Where settings come from, each on its own: code, environment, nearest .yaviorc.json, default.
import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  ERR_SDK_CONFIG_LOADED, ERR_SDK_INSECURE_ENDPOINT, ERR_SDK_INVALID_API_KEY_FORMAT, ERR_SDK_INVALID_ENDPOINT_URL,
  ERR_SDK_MALFORMED_CONFIG, ERR_SDK_NO_API_KEY, ERR_SDK_UNSUPPORTED_CONFIG_VERSION,
} from '../errors.js';
import { asObj, asText, attempt, isObj, type Obj } from '../common/util.js';
import type { CaptureConfig, IntentOptions, MissingToolOptions, WithYavioOptions } from '../types.js';
import { makeLog, type Log } from './log.js';

const CONFIG_VERSION = 1;
const CAPTURE: (keyof CaptureConfig)[] = ['inputKeys', 'inputValues', 'outputValues', 'geo', 'tokens', 'retries', 'resources', 'prompts'];

/** The settings of one wrapped server. */
export interface Config {
  key: string;
  /** Where events go, with /v1/events. */
  url: string;
  capture: CaptureConfig;
  serverOnly: boolean;
  intent: IntentOptions | undefined;
  missing: MissingToolOptions | undefined;
  options: WithYavioOptions;
  log: Log;
}

let fileRead: { settings: Obj } | undefined;

/** The nearest .yaviorc.json from here upwards, read once a process; a broken one counts as none. */
function readFile(log: Log): Obj {
  if (fileRead) return fileRead.settings;
  let settings: Obj = {};
  attempt(() => {
    let dir = process.cwd();
    for (;;) {
      const name = path.join(dir, '.yaviorc.json');
      if (fs.existsSync(name)) {
        const parsed: unknown = attempt(() => JSON.parse(fs.readFileSync(name, 'utf8')));
        if (!isObj(parsed)) log(ERR_SDK_MALFORMED_CONFIG, name);
        else if (Number(parsed.version ?? 1) > CONFIG_VERSION) log(ERR_SDK_UNSUPPORTED_CONFIG_VERSION, name);
        else {
          settings = parsed;
          log(ERR_SDK_CONFIG_LOADED, name);
        }
        return;
      }
      const above = path.dirname(dir);
      if (above === dir) return;
      dir = above;
    }
  });
  fileRead = { settings };
  return settings;
}

const env = (name: string): string | undefined => asText(attempt(() => process.env[`YAVIO_${name}`])?.trim());

function envFlag(name: string): boolean | undefined {
  const value = env(name)?.toLowerCase();
  if (/^(1|true|yes|on)$/.test(value ?? '')) return true;
  return /^(0|false|no|off)$/.test(value ?? '') ? false : undefined;
}

/** The address of the events, or undefined when this is no http(s) URL. */
export function eventsUrl(endpoint: string, log: Log): string | undefined {
  const url = attempt(() => new URL(endpoint));
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  const local = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !local) log(ERR_SDK_INSECURE_ENDPOINT);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = base.endsWith('/v1/events') ? base : `${base}/v1/events`;
  url.hash = '';
  return url.href;
}

const asOptions = <T extends object>(value: unknown): T | undefined =>
  value === true ? ({} as T) : isObj(value) ? (value as T) : undefined;

/** Everything about one wrap, or undefined when analytics is off. */
export function readConfig(options: WithYavioOptions): Config | undefined {
  const log = makeLog(env('LOG'), options.logger);
  if (options.enabled === false || (options.enabled === undefined && envFlag('DISABLED'))) return undefined;
  const choose = <T>(code: T | undefined, fromEnv: T | undefined, key: string): T | undefined =>
    code ?? fromEnv ?? (readFile(log)[key] as T | undefined);

  const key = asText(choose(asText(options.apiKey?.trim()), env('API_KEY'), 'apiKey'))?.trim();
  if (!key) {
    log(ERR_SDK_NO_API_KEY);
    return undefined;
  }
  const endpoint = asText(choose(asText(options.endpoint?.trim()), env('ENDPOINT'), 'endpoint'));
  const url = endpoint && eventsUrl(endpoint, log);
  if (!url) {
    log(ERR_SDK_INVALID_ENDPOINT_URL);
    return undefined;
  }
  if (!key.startsWith('yav_')) log(ERR_SDK_INVALID_API_KEY_FORMAT);
  const written = { ...asObj(fileRead?.settings.capture), ...options.capture } as Obj;
  const capture = Object.fromEntries(CAPTURE.map((name) => [name, written[name] !== false])) as unknown as CaptureConfig;
  return {
    key,
    url,
    capture,
    serverOnly: choose(options.serverOnly, envFlag('SERVER_ONLY'), 'serverOnly') === true,
    intent: asOptions(choose<unknown>(options.intent, envFlag('INTENT'), 'intent')),
    missing: asOptions(choose<unknown>(options.missingTools, envFlag('MISSING_TOOLS'), 'missingTools')),
    options,
    log,
  };
}
