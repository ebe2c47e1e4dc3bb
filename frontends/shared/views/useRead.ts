// Reading what a view shows, and keeping it: an answer with trouble never takes away what was shown, an account that
// is disconnected does, and a view that comes back into sight is read again.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, type CombinedError, type RequestPolicy, useQuery } from 'urql';
import type { FragmentType } from '../gql/fragment-masking';
import type { ConnectionsFragmentDoc } from '../gql/graphql';
import { standings, subjects } from './Account/accounts';
import type { Account } from './Account/context';
import { useSpoken } from './Account/lazily';
import { useSignIn } from './Account/useSignIn';

/** Milliseconds after which a view that comes back into sight is read again. */
const STALE = 2 * 60_000;

export interface Read<Data> {
  /** The last answer that had data; undefined before the first. */
  data: Data | undefined;
  error: CombinedError | undefined;
  busy: boolean;
  reload(): void;
  account: Account;
  /** When the last answer came, in milliseconds since 1970. */
  readAt: { readonly current: number };
  /** Set while what happens reaches the view, so that it need not be read again for its age. */
  covered: { current: boolean };
  /** How the person's accounts stand; changes when one is connected or ends. */
  accounts: string;
  /** Changes when everything on the page has to go; a `key` for what is drawn. */
  times: number;
}

export function useRead<
  Data extends { viewer: FragmentType<typeof ConnectionsFragmentDoc> },
  Variables extends AnyVariables,
>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  /** `cache-and-network` for a view that people come back to. */
  requestPolicy: RequestPolicy = 'cache-first',
): Read<Data> {
  const [result, execute] = useQuery<Data, AnyVariables>({ query, variables, requestPolicy });
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const spoken = useSpoken(result.data);
  const error = spoken ? result.error : undefined;
  const busy = result.fetching || result.stale || !spoken;
  const [signIn, connect] = useSignIn(reload, busy);
  // After an account is disconnected nothing read with it stays on the page, not even until the next answer.
  const [forgotten, setForgotten] = useState<{ data?: Data; times: number }>({ times: 0 });
  const forget = useCallback(() => {
    setForgotten((before) => ({ data: result.data, times: before.times + 1 }));
    reload();
  }, [result.data, reload]);
  const fresh = spoken && result.data !== forgotten.data ? result.data : undefined;
  const data = useLast(fresh, forgotten.times);
  const account = useMemo(
    () => ({ signIn, me: data ? subjects(data.viewer) : [], connect, forget }),
    [signIn, data, connect, forget],
  );
  const covered = useRef(false);
  const readAt = useFreshOnReturn(busy, reload, covered);
  useEffect(() => {
    document.documentElement.dataset.ready = String(Boolean(data || error));
  }, [data, error]);
  const accounts = data ? standings(data.viewer) : '';
  return { data, error, busy, reload, account, readAt, covered, accounts, times: forgotten.times };
}

/** The last answer that had data: an error never takes away what was shown. */
function useLast<T>(value: T | undefined, times: number): T | undefined {
  const last = useRef({ value, times });
  if (value !== undefined || last.current.times !== times) {
    last.current = { value, times };
  }
  return last.current.value;
}

/** Reads again, quietly, when the view comes back into sight after a while; says when it was read last. */
function useFreshOnReturn(
  busy: boolean,
  reload: () => void,
  covered: { readonly current: boolean },
): { readonly current: number } {
  const read = useRef(Date.now());
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    if (!busy) {
      read.current = Date.now();
    }
  }, [busy]);
  useEffect(() => {
    const look = () => {
      const old = Date.now() - read.current > STALE;
      if (document.visibilityState === 'visible' && old && !covered.current) {
        read.current = Date.now();
        latest.current();
      }
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [covered]);
  return read;
}
