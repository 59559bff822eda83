// SPDX-License-Identifier: MIT
// Listeners that never disturb the page.
import { attempt } from '../common/util.js';

/** A guarded, passive listener; gives the way to remove it. */
export function listen(target: EventTarget, type: string, work: (event: Event) => unknown, capture = false): () => void {
  const guarded = (event: Event): void => void attempt(() => work(event));
  target.addEventListener(type, guarded, { passive: true, capture });
  return () => target.removeEventListener(type, guarded, capture);
}
