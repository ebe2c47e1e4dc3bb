// What the parts of the pane need from the whole.
import { createContext, useContext } from 'react';
import type { Mailbox, OpenMail } from './mailbox';

export interface SiteChoice {
  id: string;
  name: string;
}

export interface Pane {
  mailbox: Mailbox;
  /** The mail that is open; null where none is being read. */
  mail: OpenMail | null;
  /** The viewer's sites. */
  sites: readonly SiteChoice[];
  /** The links that the mail has; null until they are read. */
  links: readonly string[] | null;
  /** The viewer's own account in Jira, when it is known. */
  me: string | null;
  /** Reads the pane again. */
  reload(): void;
}

export const PaneContext = createContext<Pane | null>(null);

export function usePane(): Pane {
  const pane = useContext(PaneContext);
  if (!pane) {
    throw new Error('there is no pane around this');
  }
  return pane;
}

/** For what is only drawn beside a mail. */
export function useMail(): OpenMail {
  const { mail } = usePane();
  if (!mail) {
    throw new Error('no mail is open');
  }
  return mail;
}
