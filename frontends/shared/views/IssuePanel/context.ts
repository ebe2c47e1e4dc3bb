// What every part of the panel needs from the whole: which work item, how to connect, how to read it again.
import { createContext, useContext } from 'react';
import type { Provider } from '../../gql/graphql';

/** How far a sign-in is. */
export type SignIn =
  | { at: 'idle' }
  | { at: 'waiting' | 'reading'; provider: Provider }
  | { at: 'blocked'; provider: Provider; url: string }
  | { at: 'failed' | 'refused'; provider: Provider };

export interface Panel {
  /** The work item's id as the product gives it. */
  issue: string;
  signIn: SignIn;
  /** The viewer's own ids at the providers. */
  me: readonly string[];
  /** Opens the provider's sign-in; to be called in the click. */
  connect(provider: Provider): void;
  /** Takes everything off the page and reads it again: an account is no longer connected. */
  forget(): void;
}

export const PanelContext = createContext<Panel>({
  issue: '',
  signIn: { at: 'idle' },
  me: [],
  connect: () => {},
  forget: () => {},
});

export const usePanel = (): Panel => useContext(PanelContext);
