// For Outlooks that cannot sign a person in by themselves: a window of ours that goes to Entra and brings a token back.
import {
  configuration,
  registrationOf,
  type Token,
  type TokenSource,
  tokenOf,
  type Wanted,
} from '../../shared/core/entra';
import { SignInDeclined, SignInNeeded } from '../../shared/core/host';
import { listen, MARK, show } from './dialog';

/** The token lives as long as the pane does, and the person is asked again when it ends. */
export function windowed(): TokenSource {
  let held: Token | null = null;
  return {
    async silently({ anew, claims }) {
      if (held && !anew && !claims) {
        return held;
      }
      throw new SignInNeeded('no token');
    },
    async asking(wanted) {
      const address = new URL(location.pathname, location.origin);
      address.searchParams.set(MARK, JSON.stringify(wanted));
      const dialog = await show(address.href);
      const token = await new Promise<Token>((resolve, reject) => {
        listen(dialog, (said) => {
          const { type, token } = said as { type?: unknown; token?: Token };
          if (type === 'trefoil:token' && token) {
            resolve(token);
          }
        }).catch(() => reject(new SignInDeclined('closed')));
      });
      held = token;
      return token;
    },
  };
}

/** The inside of that window: Entra by redirect, then the token to the pane. */
export async function signInHere(): Promise<void> {
  await Office.onReady();
  const registration = registrationOf(document);
  if (!registration) {
    return;
  }
  const { PublicClientApplication } = await import('../../shared/core/msal');
  const settings = configuration(registration);
  const redirectUri = location.origin + location.pathname;
  const client = new PublicClientApplication({
    auth: { ...settings.auth, redirectUri },
    // It has to outlast the way to Entra and back, in this window only.
    cache: { cacheLocation: 'sessionStorage' },
  });
  await client.initialize();
  const result = await client.handleRedirectPromise().catch(() => null);
  if (result) {
    Office.context.ui.messageParent(JSON.stringify({ type: 'trefoil:token', token: tokenOf(result) }));
    return;
  }
  const wanted = JSON.parse(new URLSearchParams(location.search).get(MARK) ?? '{}') as Wanted;
  await client.loginRedirect({
    scopes: [registration.scope],
    ...(wanted.claims ? { claims: wanted.claims } : {}),
    ...(wanted.anew ? { prompt: 'select_account' } : {}),
  });
}
