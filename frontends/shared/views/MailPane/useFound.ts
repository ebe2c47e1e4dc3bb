// Search as people type: one question per site when they pause, answered or dropped when they go on.
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { FindIssuesDocument, type FindIssuesQuery } from '../../gql/graphql';
import { count, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { jqlFor } from './search';

/** Milliseconds without a key after which a search begins. */
const PAUSE = 300;

export type FoundIssue = NonNullable<FindIssuesQuery['issues']>['nodes'][number];

export interface Found {
  at: 'idle' | 'searching' | 'done' | 'failed';
  issues: readonly FoundIssue[];
}

const NOTHING: Found = { at: 'idle', issues: [] };

export function useFound(typed: string, sites: readonly { id: string }[]): Found {
  const client = useClient();
  const [found, setFound] = useState<Found>(NOTHING);
  const jql = jqlFor(typed);
  const ids = sites.map((it) => it.id).join(' ');
  useEffect(() => {
    if (!jql) {
      setFound(NOTHING);
      return;
    }
    let over = false;
    const timer = setTimeout(async () => {
      // What was found before stays until there is something else to show.
      setFound((before) => ({ at: 'searching', issues: before.issues }));
      const answers = await Promise.all(
        ids
          .split(' ')
          .map((site) =>
            client
              .query(FindIssuesDocument, { jql, site: site || null }, { requestPolicy: 'network-only' })
              .toPromise(),
          ),
      );
      if (over) {
        return;
      }
      const issues = answers.flatMap((it) => it.data?.issues?.nodes ?? []);
      // A key that does not exist is an error to Jira and simply nothing found to a person.
      const failed = answers.some((it) => it.error && !refusedTheKey(it.error)) && issues.length === 0;
      setFound({ at: failed ? 'failed' : 'done', issues });
      announce(failed ? t('link.searchFailed') : count('link.found', issues.length));
    }, PAUSE);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client, jql, ids]);
  return found;
}

function refusedTheKey(error: { graphQLErrors: readonly { extensions?: Record<string, unknown> }[] }) {
  return error.graphQLErrors.some((it) =>
    ['BAD_USER_INPUT', 'NOT_FOUND'].includes(String(it.extensions?.code)),
  );
}
