// What every view needs to speak of the person's accounts: how a sign-in stands, how to begin one, how to end one.
import { createContext, useContext } from 'react';
import type { Client } from 'urql';
import type { Host } from '../../core/host';
import type { Provider } from '../../gql/graphql';

/** How far a sign-in is. */
export type SignIn =
  | { at: 'idle' }
  | { at: 'waiting' | 'reading'; provider: Provider }
  | { at: 'blocked'; provider: Provider; url: string }
  | { at: 'failed' | 'refused'; provider: Provider };

/** One attempt to sign in: what it works with, and where it says how far it is. */
export interface Attempt {
  client: Client;
  host: Host | null;
  /** Ends when another attempt begins, or nobody is there any more. */
  life: AbortController;
  setState(state: SignIn): void;
  /** Reads the view again: the account is connected. */
  reload(): void;
}

export interface Account {
  signIn: SignIn;
  /** The viewer's own ids at the providers. */
  me: readonly string[];
  /** Begins an attempt; to be called in the click. */
  connect(begin: (attempt: Attempt) => void): void;
  /** Takes everything off the page and reads it again: an account is no longer connected. */
  forget(): void;
}

export const AccountContext = createContext<Account>({
  signIn: { at: 'idle' },
  me: [],
  connect: () => {},
  forget: () => {},
});

export const useAccount = (): Account => useContext(AccountContext);

/** Ids of the comments that the person made here: nobody has to tell them of those. */
export const ownComments = new Set<string>();
