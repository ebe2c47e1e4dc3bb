// Deep links of Teams that begin a meeting or a chat about a work item. The person sees the form and sends it.
// https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-teams
import type { TalkFragment } from '../../shared/gql/graphql';

/** People who have to do with the work item and whose address is known, without the person themselves. */
export function peopleOf(issue: Pick<TalkFragment, 'assignee' | 'reporter'>, me: string | null): string[] {
  const all = [issue.assignee?.email, issue.reporter?.email]
    .map((it) => it?.toLowerCase())
    .filter((it): it is string => Boolean(it) && it !== me?.toLowerCase());
  return [...new Set(all)];
}

export function meetingAbout(topic: string, url: string | null | undefined, people: string[]): string {
  const parts = { subject: topic, ...(url ? { content: url } : {}) };
  return link('meeting/new', people.length > 0 ? { ...parts, attendees: people.join(',') } : parts);
}

export function chatAbout(topic: string, url: string | null | undefined, people: string[]): string {
  return link('chat/0/0', {
    users: people.join(','),
    // Teams names a group's chat by it; one with a single person has no name.
    ...(people.length > 1 ? { topicName: topic } : {}),
    message: [topic, url].filter(Boolean).join(' '),
  });
}

/** Teams reads `+` as itself, so spaces are %20. */
function link(path: string, parts: Record<string, string>): string {
  const query = Object.entries(parts).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `https://teams.microsoft.com/l/${path}?${query.join('&')}`;
}
