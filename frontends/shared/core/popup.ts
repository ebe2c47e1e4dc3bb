// Signing in to a provider happens in a window of its own. It has to be opened in the click itself, before the
// address is known, or the browser takes it for an unwanted one.

/** How a sign-in window ended: the callback page said so, or the window was closed without a word. */
export type Ending = 'connected' | 'refused' | 'closed';

export interface Popup {
  /** Sends the window to the provider. */
  go(url: string): void;
  /** Closes it: there is no address to go to. */
  cancel(): void;
  /** Waits until the person is through, or has closed the window. */
  ended(provider: string): Promise<Ending>;
}

const POLL = 400;

/** Opens an empty window, or returns null when the browser refuses. Call it first thing in a click. */
export function openPopup(placeholder: string): Popup | null {
  const left = Math.max(0, Math.round(window.screenX + (window.outerWidth - 560) / 2));
  const top = Math.max(0, Math.round(window.screenY + (window.outerHeight - 720) / 2));
  const opened = window.open('about:blank', '_blank', `popup,width=560,height=720,left=${left},top=${top}`);
  if (!opened) {
    return null;
  }
  try {
    opened.document.title = placeholder;
    opened.document.body.textContent = placeholder;
  } catch {
    // A blank window is as good.
  }
  return {
    go: (url) => opened.location.replace(url),
    cancel: () => opened.close(),
    ended: (provider) => ended(opened, provider),
  };
}

/** Waits for the callback page's message from any window; used alone when a link was followed instead. */
export function told(provider: string, signal: AbortSignal): Promise<Ending> {
  return new Promise((resolve) => {
    const hear = (event: MessageEvent) => {
      const said = event.data as { type?: unknown; provider?: unknown; ok?: unknown } | null;
      const ours = event.origin === location.origin && said?.type === 'trefoil:connected';
      if (ours && String(said?.provider).toUpperCase() === provider) {
        resolve(said?.ok === false ? 'refused' : 'connected');
      }
    };
    window.addEventListener('message', hear, { signal });
  });
}

async function ended(opened: Window, provider: string): Promise<Ending> {
  const over = new AbortController();
  const message = told(provider, over.signal);
  const closed = new Promise<Ending>((resolve) => {
    const timer = setInterval(() => {
      if (opened.closed) {
        // The message may be on its way: the callback page says it and closes itself.
        clearInterval(timer);
        setTimeout(() => resolve('closed'), POLL);
      }
    }, POLL);
    over.signal.addEventListener('abort', () => clearInterval(timer));
  });
  const ending = await Promise.race([message, closed]);
  over.abort();
  if (ending !== 'closed') {
    opened.close();
  }
  return ending;
}
