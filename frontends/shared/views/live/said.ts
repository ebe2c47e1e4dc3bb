// Tells those who do not see it what has changed: politely, and once for all that changed together.
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';

/** Milliseconds for which more of it is waited for. */
const TOGETHER = 400;

const changed = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** `what` is the heading of the part that changed. */
export function sayChanged(what: string): void {
  changed.add(what);
  clearTimeout(timer);
  timer = setTimeout(() => {
    announce(t('live.changed', { what: [...changed].join(', ') }));
    changed.clear();
  }, TOGETHER);
}

/** Milliseconds that a changed part is tinted for. */
const TINT = 1_600;

/** Shows for a moment where something changed, to those who see it and do not mind. */
export function tint(selector: string): void {
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) {
    const from = { backgroundColor: 'var(--info-bg)' };
    document.querySelector(selector)?.animate?.([from, {}], { duration: TINT, easing: 'ease-in' });
  }
}
