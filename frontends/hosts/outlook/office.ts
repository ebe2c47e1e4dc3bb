// Outlook: the only file, with dialog.ts, that knows `Office`, the library that Microsoft's office.js defines.
// https://learn.microsoft.com/javascript/api/outlook
import { hasBridge, nested, registrationOf, tokensFrom } from '../../shared/core/entra';
import { NotHosted } from '../../shared/core/host';
import type { Mailbox, OpenMail, Shown } from '../../shared/views/MailPane/mailbox';
import { isDark } from './colour';
import { openDialog } from './dialog';
import { keepTab } from './tab';

type Item = Office.MessageRead & Partial<Office.MessageCompose>;
type Answer<T> = (result: Office.AsyncResult<T>) => void;

/** Milliseconds after which Outlook is not waited for any longer. */
const PATIENCE = 15_000;

export async function outlook(): Promise<Mailbox> {
  if (typeof Office === 'undefined') {
    throw new NotHosted();
  }
  const silent = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE));
  const info = await Promise.race([Office.onReady(), silent]);
  if (info?.host !== Office.HostType.Outlook) {
    throw new NotHosted();
  }
  const registration = registrationOf(document);
  if (!registration) {
    throw new Error('this gateway knows no Entra registration');
  }
  keepTab();
  followTheme();
  const source = hasBridge() ? nested(registration) : (await import('./window')).windowed();
  const tokens = tokensFrom(source);
  return {
    headers: { 'x-trefoil-host': 'outlook' },
    authorization: tokens.authorization,
    renews: true,
    signIn: tokens.signIn,
    signOut: tokens.signOut,
    account: tokens.account,
    locale: async () => Office.context.displayLanguage || navigator.language,
    openSignIn: () => openDialog(),
    shown,
    watch(changed) {
      // Null handlers are how a pane that cannot be pinned answers; it just never changes.
      Office.context.mailbox.addHandlerAsync(Office.EventType.ItemChanged, changed);
    },
    text: async () => {
      const item = current();
      return item ? asked<string>((done) => item.body.getAsync(Office.CoercionType.Text, done)) : null;
    },
    insert: async ({ href, text }) => {
      const item = current();
      if (!item?.body?.setSelectedDataAsync) {
        return false;
      }
      const kind = await asked<Office.CoercionType>((done) => item.body.getTypeAsync(done));
      const html = kind !== Office.CoercionType.Text;
      const link = document.createElement('a');
      link.href = href;
      link.textContent = text;
      const data = html ? link.outerHTML : `${text} (${href})`;
      const options = { coercionType: html ? Office.CoercionType.Html : Office.CoercionType.Text };
      const done = await asked<boolean>((answer) =>
        item.body.setSelectedDataAsync(data, options, (it) => answer({ ...it, value: true })),
      );
      return done ?? false;
    },
    address: () => Office.context.mailbox.userProfile?.emailAddress || null,
  };
}

/** A pinned pane outlives its mail, so there may be none. */
function current(): Item | null {
  return (Office.context.mailbox.item as Item | null | undefined) ?? null;
}

async function shown(): Promise<Shown> {
  const item = current();
  if (!item) {
    return { at: 'nothing' };
  }
  if (item.itemType !== Office.MailboxEnums.ItemType.Message) {
    return { at: 'meeting' };
  }
  // A mail that is being written has a field here, one that is read has its text.
  if (typeof item.subject !== 'string') {
    return { at: 'writing' };
  }
  if (!item.itemId && !item.internetMessageId) {
    return { at: 'nothing' };
  }
  const mail: OpenMail = {
    at: 'reading',
    itemId: item.itemId ? restId(item.itemId) : null,
    internetMessageId: item.internetMessageId || null,
    mailbox: null,
    subject: item.subject,
  };
  return { ...mail, mailbox: await sharedMailbox(item) };
}

/** Graph's spelling of an id; only mobile Outlook speaks it by itself. */
function restId(id: string): string {
  const { mailbox } = Office.context;
  const mobile = /^Outlook(IOS|Android)$/.test(mailbox.diagnostics?.hostName ?? '');
  return mobile || !mailbox.convertToRestId
    ? id
    : mailbox.convertToRestId(id, Office.MailboxEnums.RestVersion.v2_0);
}

/** The address of the shared mailbox that a mail lies in. Outlook defines the call for such mails only. */
async function sharedMailbox(item: Item): Promise<string | null> {
  if (typeof item.getSharedPropertiesAsync !== 'function') {
    return null;
  }
  const found = await asked<Office.SharedProperties & { targetMailbox?: string }>((done) =>
    item.getSharedPropertiesAsync(done),
  );
  return found?.targetMailbox || found?.owner || null;
}

/** The value of a call that answers by callback; null when it fails or never answers. */
function asked<T>(call: (done: Answer<T>) => void): Promise<T | null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), PATIENCE);
    try {
      call((it) => resolve(it.status === Office.AsyncResultStatus.Succeeded ? it.value : null));
    } catch {
      // The item may be gone by now.
      resolve(null);
    }
  });
}

/** Dark where Outlook is: it tells its colours, not their name. Without them the browser's wish counts. */
function followTheme(): void {
  const apply = (theme: Office.OfficeTheme | undefined) => {
    const background = theme?.bodyBackgroundColor;
    if (background) {
      document.documentElement.dataset.colorMode = isDark(background) ? 'dark' : 'light';
    }
  };
  apply(Office.context.officeTheme);
  if (!Office.context.officeTheme) {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => {
      document.documentElement.dataset.colorMode = dark.matches ? 'dark' : 'light';
    };
    follow();
    dark.addEventListener('change', follow);
  }
  Office.context.mailbox.addHandlerAsync?.(Office.EventType.OfficeThemeChanged, (event: unknown) =>
    apply((event as { officeTheme?: Office.OfficeTheme } | null)?.officeTheme ?? Office.context.officeTheme),
  );
}
