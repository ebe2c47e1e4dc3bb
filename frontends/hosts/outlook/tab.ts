// On the web office.js takes the Tab key to itself and leads the focus through a list of its own. From what is not in
// that list (a heading that was given the focus when its part of the pane opened) it would lead out of the pane.
const TABBABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled])';

/** Leads from such a place to the next control; everything else is left to office.js. */
export function keepTab(): void {
  window.addEventListener(
    'keydown',
    (event) => {
      const from = event.target;
      if (event.key !== 'Tab' || !(from instanceof HTMLElement) || from.tabIndex >= 0) {
        return;
      }
      const next = nextTo(from, event.shiftKey);
      if (next) {
        event.preventDefault();
        event.stopImmediatePropagation();
        next.focus();
      }
    },
    { capture: true },
  );
}

function nextTo(from: HTMLElement, backwards: boolean): HTMLElement | undefined {
  const all = [...document.querySelectorAll<HTMLElement>(TABBABLE)].filter((it) => it.tabIndex >= 0);
  const after = (it: HTMLElement) =>
    from === document.body || from.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING;
  return backwards ? all.findLast((it) => !after(it)) : all.find(after);
}
