// Focus is never moved while its place exists. When the control someone just used goes away (a note whose trouble is
// over), it would fall back to the start of the page; it goes to the nearest heading instead.
import { type RefObject, useEffect } from 'react';

export function useFocusHome(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const content = root.current;
    if (!content) {
      return;
    }
    let trail: Element[] = [];
    const remember = (event: FocusEvent) => {
      trail = [];
      for (
        let it = event.target as Element | null;
        it && it !== content.parentElement;
        it = it.parentElement
      ) {
        trail.push(it);
      }
    };
    const forget = (event: FocusEvent) => {
      // Chromium also tells of a control that is being taken away, while it is still there.
      const left = event.target as Element;
      queueMicrotask(() => {
        if (left.isConnected && left === trail[0] && document.hasFocus()) {
          trail = [];
        }
      });
    };
    const watch = new MutationObserver(() => {
      const lost = trail[0];
      if (!lost || lost.isConnected || document.activeElement !== document.body || !document.hasFocus()) {
        return;
      }
      const place = trail.find((it) => it.isConnected && it.querySelector('[tabindex="-1"]'));
      trail = [];
      place?.querySelector<HTMLElement>('[tabindex="-1"]')?.focus({ preventScroll: true });
    });
    content.addEventListener('focusin', remember);
    content.addEventListener('focusout', forget);
    watch.observe(content, { childList: true, subtree: true });
    return () => {
      watch.disconnect();
      content.removeEventListener('focusin', remember);
      content.removeEventListener('focusout', forget);
    };
  }, [root]);
}
