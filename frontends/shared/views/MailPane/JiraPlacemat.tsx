// Stands where the work items would be while the person's Jira account is what is missing.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { ConnectionsFragmentDoc, type SourceFragment } from '../../gql/graphql';
import { Placemat } from '../Account/lazily';
import { concernsAccount, standing } from '../standing';

type Viewer = FragmentType<typeof ConnectionsFragmentDoc>;

function connectionOf(viewer: Viewer) {
  const { connections } = readFragment(ConnectionsFragmentDoc, viewer);
  return connections?.find((it) => it.provider === 'JIRA') ?? null;
}

/** How the person's Jira account stands in the way; null when it does not. */
export function jiraOf(viewer: Viewer): SourceFragment | null {
  const jira = connectionOf(viewer);
  return jira && concernsAccount(standing(jira))
    ? {
        __typename: 'SourceStatus',
        provider: 'JIRA',
        state: jira.state,
        retryAfter: null,
        missingScopes: [],
        adminConsentUrl: null,
        claims: null,
      }
    : null;
}

/** The person's own account id in Jira. */
export function jiraAccount(viewer: Viewer): string | null {
  return connectionOf(viewer)?.subject ?? null;
}

export function JiraPlacemat({ source }: { source: SourceFragment }) {
  return <Placemat source={source} standing={standing(source)} />;
}
