// Jira Cloud through Connect: the only file that knows `AP`, the library that Atlassian's all.js defines.
// https://developer.atlassian.com/cloud/jira/platform/about-the-javascript-api/
import { type Host, NotHosted, type Subject } from '../../shared/core/host';
import { claimsOf } from '../../shared/core/jwt';

interface Atlassian {
  context: {
    getToken(): Promise<string>;
    getContext(): Promise<{ jira?: { issue?: { id?: string; key?: string } } }>;
  };
  user?: { getLocale?(): Promise<string> };
  theming?: { initializeTheming?(): void };
  resize(width: string, height: string): void;
}

declare global {
  interface Window {
    AP?: Atlassian;
  }
}

/** Takes the signed page token out of the address: it is not for us, and an address is easily passed on. */
export function dropToken(): void {
  const address = new URL(location.href);
  if (address.searchParams.has('jwt')) {
    address.searchParams.delete('jwt');
    history.replaceState(null, '', address);
  }
}

/** Jira, which also knows the work item. */
export interface Jira extends Host {
  subject(): Promise<Subject>;
}

export function jira(): Jira {
  const ap = window.AP;
  if (!ap?.context) {
    throw new NotHosted();
  }
  ap.theming?.initializeTheming?.();
  // The token that told us the issue also signs the first request; every later one asks for its own.
  let first: Promise<string> | null = ap.context.getToken();
  return {
    async authorization() {
      const token = first ?? ap.context.getToken();
      first = null;
      return `JWT ${await token}`;
    },
    async subject() {
      const told = first && subjectOf(await first);
      return told ?? fromContext(await ap.context.getContext());
    },
    locale: async () => (await ap.user?.getLocale?.()) || navigator.language,
    fit(content) {
      let last = 0;
      new ResizeObserver(() => {
        const height = Math.ceil(content.getBoundingClientRect().height);
        if (height > 0 && height !== last) {
          last = height;
          ap.resize('100%', String(height));
        }
      }).observe(content);
    },
  };
}

/** The issue that a context token speaks of. */
export function subjectOf(token: string): Subject | null {
  const context = claimsOf(token)?.context as
    | { jira?: { issue?: { id?: unknown; key?: string } } }
    | undefined;
  const issue = context?.jira?.issue;
  return issue?.id ? { id: String(issue.id), key: issue.key ?? null } : null;
}

function fromContext(context: Awaited<ReturnType<Atlassian['context']['getContext']>>): Subject {
  const issue = context.jira?.issue;
  if (!issue?.id) {
    throw new NotHosted();
  }
  return { id: String(issue.id), key: issue.key ?? null };
}
