// What happens to a channel's work items while they are shown, and new ones of its project.
import type { ReactNode } from 'react';
import { readFragment } from '../../gql/fragment-masking';
import {
  type ChannelIssuesQuery,
  ChannelPageDocument,
  IssueCreatedDocument,
  WorkIssueFragmentDoc,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { issueTopics } from '../live/issues';
import { listening, type View } from '../live/listening';
import { topic } from '../live/live';
import type { Listening } from '../useLive';

export interface ChannelView extends View {
  shown: ChannelIssuesQuery;
  put(parts: Partial<ChannelIssuesQuery>): void;
  jql: string;
  site: string | null;
}

/** The one project that a filter is about, as the settings page writes it. */
export function projectOf(jql: string): string | null {
  return /^\s*project\s*=\s*"?([a-z]\w*)"?(?=\s*$|\s+(?:and|order)\b)/i.exec(jql)?.[1] ?? null;
}

export function channel(get: () => ChannelView, show: (line: ReactNode) => void): Listening {
  const view = listening(get, show);
  const issues = view.part(async () => {
    const { shown, put, jql, site } = get();
    const data = await view.read(ChannelPageDocument, { jql, site });
    if (!data?.issues) {
      return false;
    }
    put({ issues: data.issues });
    view.changed(shown.issues?.nodes, data.issues.nodes, () => t('channel.title'), '.work .block');
    return true;
  });
  const take = (kind: string) => (kind === 'GAP' ? view.missed() : issues());
  const listed = () => readFragment(WorkIssueFragmentDoc, get().shown.issues?.nodes ?? []);
  const look = () => {
    const { jql, site } = get();
    const project = projectOf(jql);
    view.hear([
      ...issueTopics(listed, take),
      ...(project
        ? [
            topic('created', IssueCreatedDocument, { project, site }, ({ issueCreated: { kind } }) =>
              take(kind),
            ),
          ]
        : []),
    ]);
  };
  look();
  return { look, close: view.close };
}
