// Comments that somebody else adds to a work item whose comments are not shown.
import type { IssueEventKind } from '../../gql/graphql';
import { announce } from '../../ui/announcer';
import { ownComments } from '../Account/context';

/** Milliseconds in which a comment may turn out to be the person's own. */
const OWN = 1_000;

export interface Comments {
  take(kind: IssueEventKind, id: string): void;
  stop(): void;
}

/** `show` shows that there is one, or not any more, and says it in words. */
export function comments(ready: Promise<void>, show: (id: string | null) => string): Comments {
  let shown: string | null = null;
  let over = false;
  return {
    take(kind, id) {
      if (kind === 'COMMENT_DELETED' && shown === id) {
        shown = null;
        show(null);
      } else if (kind === 'COMMENTED') {
        setTimeout(async () => {
          await ready;
          if (!over && !ownComments.has(id) && shown !== id) {
            shown = id;
            announce(show(id));
          }
        }, OWN);
      }
    },
    stop() {
      over = true;
    },
  };
}
