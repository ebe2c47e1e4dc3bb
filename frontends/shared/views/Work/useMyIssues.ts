// Which of the person's lists of work items is shown, and how much of it.
import { useState } from 'react';
import { useQuery } from 'urql';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  MyListDocument,
  type MyListQueryVariables,
  type WorkListFragment,
  WorkListFragmentDoc,
} from '../../gql/graphql';

export type ListRef = FragmentType<typeof WorkListFragmentDoc>;
export type Which = 'assigned' | 'reported' | 'watched';

/** How many are read at first, and when more are asked for. */
const FEW = 20;
const MANY = 50;

export interface MyIssues {
  which: Which;
  choose(which: Which): void;
  /** Null while it is being read. */
  list: WorkListFragment | null;
  reading: boolean;
  failed: boolean;
  retry(): void;
  /** Reads more of it; null when there is no more, or too much. */
  more: (() => void) | null;
  /** How it is read by itself. */
  variables: MyListQueryVariables;
  /** It came with everything else on the page. */
  first: boolean;
}

export function useMyIssues(assigned: ListRef | null, busy: boolean, reload: () => void): MyIssues {
  const [which, setWhich] = useState<Which>('assigned');
  const [first, setFirst] = useState(FEW);
  const own = which !== 'assigned' || first > FEW;
  const variables = {
    first,
    assigned: which === 'assigned',
    reported: which === 'reported',
    watched: which === 'watched',
  };
  const [result, again] = useQuery({
    query: MyListDocument,
    variables,
    pause: !own,
    requestPolicy: 'cache-and-network',
  });
  // While more of a list is read, what there is of it stays.
  const ref = (own ? result.data?.myWork[which] : null) ?? (which === 'assigned' ? assigned : null);
  const list = readFragment(WorkListFragmentDoc, ref) ?? null;
  return {
    which,
    choose(it) {
      setWhich(it);
      setFirst(FEW);
    },
    list,
    reading: busy || (own && (result.fetching || result.stale)),
    failed: Boolean(own && result.error && !list),
    retry: () => (own ? again({ requestPolicy: 'network-only' }) : reload()),
    more: list?.hasMore && first < MANY ? () => setFirst(MANY) : null,
    variables,
    first: !own,
  };
}
