// What a view may ask of the program it is shown in. One file per host implements this and nothing else touches a
// vendor's library, so the views never know where they are.
import { createContext, useContext } from 'react';
import type { Popup } from './popup';

/** The work item that a page is about. */
export interface Subject {
  /** The product's own id, as in its address bar and its token, or this API's. */
  id: string;
  /** The key people say, when the host told us. */
  key: string | null;
}

/** Why a new credential is wanted: the gateway refused the last one, or Entra wants more of it. */
export interface Renewal {
  anew: boolean;
  /** Entra's claims challenge as JSON. */
  claims: string | null;
  /** The whole `Authorization` that was refused: another one may be there already, fetched for another request. */
  refused?: string;
}

export interface Host {
  /** Tells the gateway which host asks, where a token looks the same in all; left out where its tokens say it. */
  headers?: { 'x-trefoil-host': 'outlook' | 'teams' };
  /** The whole `Authorization` header for one request: fetched fresh, never kept beyond it. */
  authorization(renewal?: Renewal): Promise<string>;
  /** The host can give another credential at once when the gateway refuses one. */
  renews?: boolean;
  /** Asks the person for their own account at the host; left out where they always have one. Called in a click. */
  signIn?(renewal: Renewal): Promise<void>;
  signOut?(): void;
  /** The sign-in name of that account, once it is known. */
  account?(): string | null;
  /** The person's language as a BCP 47 tag. */
  locale(): Promise<string>;
  /** Makes the frame as tall as its content, now and whenever that changes; left out where the host scrolls. */
  fit?(content: HTMLElement): void;
  /** The host's own window for signing in; left out where the browser's will do. Called first thing in a click. */
  openSignIn?(placeholder: string): Popup | null;
}

/** There is no credential until the person has acted. */
export class SignInNeeded extends Error {}

/** The person closed the sign-in window, or declined. */
export class SignInDeclined extends Error {}

/** The page was opened outside of its host. */
export class NotHosted extends Error {}

export const HostContext = createContext<Host | null>(null);

/** The host around this page; null only where a part is tried by itself. */
export const useHost = (): Host | null => useContext(HostContext);
