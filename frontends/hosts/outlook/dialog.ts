// Outlook's own window for signing in. It opens at an address of ours, goes where it has to, and comes back with a
// message; the pane stays as it is. https://learn.microsoft.com/office/dev/add-ins/develop/dialog-api-in-office-add-ins
import type { Ending, Popup } from '../../shared/core/popup';

/** Per cent of the screen; narrow, as sign-in pages are. */
const SIZE = { width: 30, height: 60 };
/** What Outlook says when the person has closed the window. */
const CLOSED = 12_006;

/** Marks the address of a window that is to sign in. */
export const MARK = 'sign-in';

/** A dialog to be sent somewhere once the address is known. */
export function openDialog(): Popup {
  let ending: (ending: Ending) => void = () => {};
  const ended = new Promise<Ending>((resolve) => {
    ending = resolve;
  });
  let dialog: Office.Dialog | null = null;
  return {
    go(url) {
      show(url).then(
        (it) => {
          dialog = it;
          listen(it, (said) => {
            const { type, ok } = said as { type?: unknown; ok?: unknown };
            if (type === 'trefoil:connected') {
              ending(ok === false ? 'refused' : 'connected');
            }
          }).catch(() => ending('closed'));
        },
        () => ending('closed'),
      );
    },
    cancel: () => dialog?.close(),
    ended: () => ended,
  };
}

/** True in the window of `window.ts`, before Entra and after it. */
export function isDialog(): boolean {
  return new URLSearchParams(location.search).has(MARK) || /[#&](code|error)=/.test(location.hash);
}

export function show(address: string): Promise<Office.Dialog> {
  return new Promise((resolve, reject) =>
    Office.context.ui.displayDialogAsync(address, { ...SIZE, promptBeforeOpen: false }, (it) =>
      it.status === Office.AsyncResultStatus.Succeeded ? resolve(it.value) : reject(it.error),
    ),
  );
}

/** Hands on what the window says, and closes it when it is through; rejects when the person closes it. */
export function listen(dialog: Office.Dialog, hear: (said: unknown) => void): Promise<never> {
  return new Promise((_, reject) => {
    dialog.addEventHandler(Office.EventType.DialogMessageReceived, (event) => {
      if ('message' in event && typeof event.message === 'string') {
        dialog.close();
        hear(parsed(event.message));
      }
    });
    dialog.addEventHandler(Office.EventType.DialogEventReceived, (event) => {
      if ('error' in event) {
        reject(event.error === CLOSED ? null : event.error);
      }
    });
  });
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
