// A token of the person's own Microsoft account for the gateway, by nested app authentication: the host that the
// person has signed in to gives it. Held in memory only, never stored.
// https://learn.microsoft.com/office/dev/add-ins/develop/enable-nested-app-authentication-in-your-add-in
import type { AuthenticationResult, IPublicClientApplication } from '@azure/msal-browser';
import { SignInDeclined, SignInNeeded } from './host';

/** The app registration, as the gateway wrote it into the page. */
export interface Registration {
  clientId: string;
  /** Ends with a slash, such as `https://login.microsoftonline.com/`. */
  authority: string;
  /** The gateway's own scope, `api://…/access_as_user`. */
  scope: string;
}

export interface Token {
  secret: string;
  /** Milliseconds since 1970. */
  endsAt: number;
  /** The account's sign-in name, when it is known. */
  account: string | null;
}

export interface Wanted {
  /** Entra's claims challenge as JSON, to be answered by the new token. */
  claims?: string | null;
  /** Not the one there is: it was refused, or another account is wanted. */
  anew?: boolean;
  /** The whole `Authorization` that was refused, when only another one than that is wanted. */
  refused?: string;
}

/** One way to get a token. */
export interface TokenSource {
  /** Without a question; a `SignInNeeded` when there has to be one. */
  silently(wanted: Wanted): Promise<Token>;
  /** With the host's own window; to be called in a click. */
  asking(wanted: Wanted): Promise<Token>;
}

/** What the gateway wrote into the page; null when it knows no Entra registration. */
export function registrationOf(page: Document): Registration | null {
  const read = (name: string) =>
    page.querySelector<HTMLMetaElement>(`meta[name="trefoil:${name}"]`)?.content ?? '';
  const [clientId, authority, scope] = ['client', 'authority', 'scope'].map(read) as [string, string, string];
  return clientId && !clientId.startsWith('%') ? { clientId, authority, scope } : null;
}

/** True where the host answers msal's questions. */
export function hasBridge(): boolean {
  return 'nestedAppAuthBridge' in window;
}

/** The host as the source of tokens. The library comes when the first token is asked for. */
export function nested(registration: Registration): TokenSource {
  let loading: Promise<IPublicClientApplication> | null = null;
  const client = () => {
    loading ??= import('./msal').then(({ createNestablePublicClientApplication }) =>
      createNestablePublicClientApplication(configuration(registration)),
    );
    // A chunk that could not be loaded is asked for again next time.
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
  const request = ({ claims }: Wanted) => ({
    scopes: [registration.scope],
    ...(claims ? { claims } : {}),
  });
  return {
    async silently(wanted) {
      const it = await client();
      // A challenge is answered by a token that is not in the cache yet.
      const forceRefresh = Boolean(wanted.anew || wanted.claims);
      return it.acquireTokenSilent({ ...request(wanted), forceRefresh }).then(tokenOf, refuse);
    },
    async asking(wanted) {
      const it = await client();
      const prompt = wanted.anew ? { prompt: 'select_account' } : {};
      return it.acquireTokenPopup({ ...request(wanted), ...prompt }).then(tokenOf, refuse);
    },
  };
}

/** What msal has to know, in the host's frame or in a window of our own. */
export function configuration({ clientId, authority }: Registration) {
  return {
    auth: {
      clientId,
      authority: `${authority.replace(/\/$/, '')}/organizations`,
      // We can answer claims challenges, so tokens may be revoked before they end.
      clientCapabilities: ['CP1'],
    },
    cache: { cacheLocation: 'memoryStorage' as const },
  };
}

export function tokenOf({ accessToken, expiresOn, account }: AuthenticationResult): Token {
  return {
    secret: accessToken,
    endsAt: expiresOn?.getTime() ?? Date.now(),
    account: account?.username || null,
  };
}

const NEEDS_PERSON = /interaction|consent|login_required|no_account|no_tokens|user_login_error/;
const DECLINED = /user_cancel|access_denied/;

/** msal's errors by their code: hosts differ in the class. */
function refuse(error: unknown): never {
  const { errorCode = '', name = '' } = error as { errorCode?: string; name?: string };
  if (DECLINED.test(errorCode)) {
    throw new SignInDeclined(errorCode);
  }
  if (name === 'InteractionRequiredAuthError' || NEEDS_PERSON.test(errorCode)) {
    throw new SignInNeeded(errorCode);
  }
  throw error;
}

export interface Tokens {
  /** A whole `Authorization` header. */
  authorization(wanted?: Wanted): Promise<string>;
  /** Asks the person; to be called in a click. */
  signIn(wanted?: Wanted): Promise<void>;
  /** From now on nothing is read until somebody signs in. */
  signOut(): void;
  /** Who is signed in, when it is known. */
  account(): string | null;
}

/** Milliseconds before its end after which a token is not used for another request. */
const MARGIN = 60_000;

const bearer = ({ secret }: Token) => `Bearer ${secret}`;

/** The token in use: one question to the source for many requests, renewed before it ends. */
export function tokensFrom(source: TokenSource): Tokens {
  let held: Token | null = null;
  let asked: Promise<Token> | null = null;
  let out = false;
  const keep = (token: Token) => {
    held = token;
    return token;
  };
  const get = (wanted: Wanted) => {
    asked ??= source
      .silently(wanted)
      .then(keep)
      .finally(() => {
        asked = null;
      });
    return asked;
  };
  return {
    async authorization({ anew, claims, refused } = {}) {
      if (out) {
        throw new SignInNeeded('signed out');
      }
      // Reading and listening are refused at the same time: the first one to hear of it has it replaced for both.
      const replaced = held && refused && bearer(held) !== refused;
      const good = held && held.endsAt - Date.now() > MARGIN && (!anew || replaced) && !claims;
      return bearer(good && held ? held : await get({ claims, anew: anew || held !== null }));
    },
    async signIn(wanted = {}) {
      keep(await source.asking(wanted));
      out = false;
    },
    signOut() {
      out = true;
      held = null;
    },
    account: () => held?.account ?? null,
  };
}
