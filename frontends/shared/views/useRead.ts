// Reading what a view shows, and keeping it: an answer with trouble never takes away what was shown, an account that
// is disconnected does, and a view that comes back into sight is read again.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, type CombinedError, type RequestPolicy, useQuery } from 'urql';
import type { FragmentType } from '../gql/fragment-masking';
import type { ConnectionsFragmentDoc } from '../gql/graphql';
import { subjects } from './Account/accounts';
import type { Account } from './Account/context';
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
  const busy = result.fetching || result.stale;
  const [signIn, connect] = useSignIn(reload, busy);
  // After an account is disconnected nothing read with it stays on the page, not even until the next answer.
  const [forgotten, setForgotten] = useState<{ data?: Data; times: number }>({ times: 0 });
  const forget = useCallback(() => {
    setForgotten((before) => ({ data: result.data, times: before.times + 1 }));
    reload();
  }, [result.data, reload]);
  const fresh = result.data === forgotten.data ? undefined : result.data;
  const data = useLast(fresh, forgotten.times);
  const account = useMemo(
    () => ({ signIn, me: data ? subjects(data.viewer) : [], connect, forget }),
    [signIn, data, connect, forget],
  );
  useFreshOnReturn(busy, reload);
  useEffect(() => {
    document.documentElement.dataset.ready = String(Boolean(data || result.error));
  }, [data, result.error]);
  return { data, error: result.error, busy, reload, account, times: forgotten.times };
}

/** The last answer that had data: an error never takes away what was shown. */
function useLast<T>(value: T | undefined, times: number): T | undefined {
  const last = useRef({ value, times });
  if (value !== undefined || last.current.times !== times) {
    last.current = { value, times };
  }
  return last.current.value;
}

/** Reads again, quietly, when the view comes back into sight after a while. */
function useFreshOnReturn(busy: boolean, reload: () => void): void {
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
      if (document.visibilityState === 'visible' && Date.now() - read.current > STALE) {
        read.current = Date.now();
        latest.current();
      }
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
}
