// Connecting an account: a window opened in the click, the gateway's one-time address, and the wait for its end.
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { useHost } from '../../core/host';
import { openPopup } from '../../core/popup';
import type { Provider } from '../../gql/graphql';
import { t } from '../../i18n';
import type { Account, SignIn } from './context';

/** The state of a sign-in and the way to begin one; `busy` says that the panel is being read. */
export function useSignIn(reload: () => void, busy: boolean): [SignIn, Account['connect']] {
  const client = useClient();
  const host = useHost();
  const [state, setState] = useState<SignIn>({ at: 'idle' });
  const looking = useRef<AbortController | null>(null);
  useEffect(() => () => looking.current?.abort(), []);
  useEffect(() => {
    // Connected and read: only now is there nothing more to wait for.
    if (!busy) {
      setState((now) => (now.at === 'reading' ? { at: 'idle' } : now));
    }
  }, [busy]);

  const connect = useCallback(
    async (provider: Provider, claims?: string | null) => {
      if (claims && host?.signIn) {
        // Not our access is missing: Entra wants the person themselves, and only their host can show them to it.
        setState({ at: 'waiting', provider });
        await host.signIn({ anew: false, claims }).then(
          () => {
            setState({ at: 'reading', provider });
            reload();
          },
          () => setState({ at: 'refused', provider }),
        );
        return;
      }
      const popup = (host?.openSignIn ?? openPopup)(t('connect.popup'));
      looking.current?.abort();
      const attempt = new AbortController();
      looking.current = attempt;
      setState({ at: 'waiting', provider });
      try {
        // What follows the click comes later: few people ever connect, and each of them twice.
        const { sign } = await import('./sign');
        await sign({ client, provider, popup, attempt, setState, reload });
      } catch {
        popup?.cancel();
        setState({ at: 'failed', provider });
      }
    },
    [client, host, reload],
  );
  return [state, connect];
}
