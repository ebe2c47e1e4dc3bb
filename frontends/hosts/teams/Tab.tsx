// One tab, two pages: a list, and a work item. The address after # says which, so the way back works as anywhere.
import { useEffect, useRef, useState } from 'react';
import { later } from '../../shared/ui/later';
import type { ChannelProps } from '../../shared/views/Channel/Channel';
import { IssueActionsLater } from '../../shared/views/IssueActions/later';
import { IssueLinkContext } from '../../shared/views/Work/link';
import { Work } from '../../shared/views/Work/Work';
import { useShown } from './shown';
import type { Teams } from './teams';

const ISSUE = '#/issue/';

/** Milliseconds. */
const SOON = 1_500;

const Channel = later(async () => (await import('../../shared/views/Channel/Channel')).Channel);
const IssuePage = later(async () => (await import('./IssuePage')).IssuePage);

const issueHref = (id: string) => `${ISSUE}${encodeURIComponent(id)}`;

export function Tab({ host, channel }: { host: Teams; channel: ChannelProps | null }) {
  const issue = useIssue(host);
  const listed = useRef(false);
  listed.current ||= issue === null;
  useShown(host);
  useEffect(() => {
    // What a click leads to is fetched when the first page has been read.
    const timer = setTimeout(() => {
      IssuePage.soon();
      IssueActionsLater.soon();
    }, SOON);
    return () => clearTimeout(timer);
  }, []);
  return (
    <IssueLinkContext.Provider value={issueHref}>
      {issue ? <IssuePage key={issue} id={issue} host={host} channel={channel !== null} /> : null}
      {/* The list stays as it was left, for the way back. */}
      {listed.current ? (
        <div hidden={issue !== null}>
          {channel ? <Channel {...channel} hidden={issue !== null} /> : <Work hidden={issue !== null} />}
        </div>
      ) : null}
    </IssueLinkContext.Provider>
  );
}

function issueIn(hash: string): string | null {
  return hash.startsWith(ISSUE) ? decodeURIComponent(hash.slice(ISSUE.length)) : null;
}

/** The work item that the address names, beginning with that of the deep link that opened the tab. */
function useIssue(host: Teams): string | null {
  const [issue, setIssue] = useState(() => {
    if (host.part && !location.hash) {
      history.replaceState(null, '', issueHref(host.part));
    }
    return issueIn(location.hash);
  });
  const left = useRef<string | null>(null);
  useEffect(() => {
    const look = () =>
      setIssue((before) => {
        left.current = before;
        return issueIn(location.hash);
      });
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  useEffect(() => {
    host.onBack(() => {
      if (issueIn(location.hash) === null) {
        return false;
      }
      location.hash = '#/';
      return true;
    });
  }, [host]);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of page that moves the focus.
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    // The person went to another page: there they begin at its heading, or where they left it.
    const from = left.current && document.querySelector<HTMLElement>(`a[href="${issueHref(left.current)}"]`);
    (from || document.querySelector<HTMLElement>('h1'))?.focus({ preventScroll: !from });
    if (!from) {
      scrollTo(0, 0);
    }
  }, [issue]);
  return issue;
}
