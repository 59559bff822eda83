// SPDX-License-Identifier: MIT
// What a host tells by itself: steps, anything by name, conversions, and its users.
import { ERR_SDK_CONVERSION_MISSING_FIELDS } from '../errors.js';
import type { Obj } from '../common/util.js';
import type { Scope, User } from '../server/core.js';
import { emit } from './back.js';

const TRAITS_MAX = 100;

/** A step, track or conversion event; a conversion needs a number and a currency. */
export function tellNamed(scope: Scope, type: string, fields: Obj, metadata: Obj | undefined): void {
  const { conversion_value: value, conversion_currency: currency } = fields;
  if (type === 'conversion' && !(Number.isFinite(value) && typeof currency === 'string' && /^[A-Z]{3}$/.test(currency))) scope.core.log(ERR_SDK_CONVERSION_MISSING_FIELDS);
  else emit(scope, type, fields, metadata);
}

/** Merges the traits of a user; an event only of what is new. It waits for no identify option: it is its answer. */
export function tellUser(scope: Scope, user: User, traits: Obj | undefined): void {
  const merged = Object.fromEntries(Object.entries({ ...(JSON.parse(user.traits || '{}') as Obj), ...traits }).slice(0, TRAITS_MAX));
  const text = JSON.stringify(merged);
  if (user.traits === text) return;
  user.traits = text;
  emit({ ...scope, ready: undefined }, 'identify', { user_id: user.id, user_traits: merged });
}
