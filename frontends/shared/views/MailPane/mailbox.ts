// What the pane asks of the mail program it is shown in. One file per program implements it.
import type { Host } from '../../core/host';

/** A mail that is being read. */
export interface OpenMail {
  at: 'reading';
  /** Graph's id of it, in `mailbox`; null when the program does not tell. */
  itemId: string | null;
  /** RFC 5322 Message-ID; null for a mail that was sent a moment ago. */
  internetMessageId: string | null;
  /** The shared mailbox it lies in; null for the viewer's own. */
  mailbox: string | null;
  subject: string;
}

/** What the program shows beside the pane. */
export type Shown =
  | OpenMail
  /** No mail is selected, or several are: a pinned pane outlives its mail. */
  | { at: 'nothing' }
  | { at: 'writing' }
  /** An appointment, which has no pane of its own yet. */
  | { at: 'meeting' };

export interface Mailbox extends Host {
  /** What is shown now. */
  shown(): Promise<Shown>;
  /** Tells whenever something else is shown. */
  watch(changed: () => void): void;
  /** The open mail's text; null when the program does not give it. */
  text(): Promise<string | null>;
  /** Puts a link at the cursor of the mail that is being written; false when it could not. */
  insert(link: { href: string; text: string }): Promise<boolean>;
  /** The address of the mailbox that the program has open. */
  address(): string | null;
}

/** One mail is one key, wherever it is moved to meanwhile. */
export function keyOf(mail: OpenMail): string {
  return `${mail.mailbox ?? ''}|${mail.internetMessageId ?? mail.itemId}`;
}

/** The mail as the gateway wants it named. */
export function refOf({ itemId, internetMessageId, mailbox }: OpenMail) {
  return { itemId, internetMessageId, mailbox };
}
