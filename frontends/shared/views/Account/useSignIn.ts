// The state of a sign-in, which outlives the button that began it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { useHost } from '../../core/host';
import type { Account, SignIn } from './context';

/** The state of a sign-in and the way to begin one; `busy` says that the view is being read. */
export function useSignIn(reload: () => void, busy: boolean): [SignIn, Account['connect']] {
  const client = useClient();
  const host = useHost();
  const [state, setState] = useState<SignIn>({ at: 'idle' });
  const last = useRef<AbortController | null>(null);
  useEffect(() => () => last.current?.abort(), []);
  useEffect(() => {
    // Connected and read: only now is there nothing more to wait for.
    if (!busy) {
      setState((now) => (now.at === 'reading' ? { at: 'idle' } : now));
    }
  }, [busy]);
  const connect = useCallback<Account['connect']>(
    (begin) => {
      last.current?.abort();
      const life = new AbortController();
      last.current = life;
      begin({ client, host, life, setState, reload });
    },
    [client, host, reload],
  );
  return [state, connect];
}
