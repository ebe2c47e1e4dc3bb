// What is to be known of a meeting after its form or its row has gone: shown below the meetings of its work item.
import { type ReactNode, useEffect, useState } from 'react';
import { announce } from '../../ui/announcer';

export interface Notice {
  tone: 'info' | 'warning';
  text: string;
  /** What can be done about it; `close` takes the notice away. */
  part?(close: () => void): ReactNode;
}

/** Who shows the notices of a work item, by its id. */
const shows = new Map<string, (notice: Notice | null) => void>();

/** Says it and shows it, in place of the one before. */
export function notify(issue: string, notice: Notice): void {
  announce(notice.text);
  shows.get(issue)?.(notice);
}

export function useNotice(issue: string): [notice: Notice | null, close: () => void] {
  const [notice, show] = useState<Notice | null>(null);
  useEffect(() => {
    shows.set(issue, show);
    return () => {
      shows.delete(issue);
    };
  }, [issue]);
  return [notice, () => show(null)];
}
