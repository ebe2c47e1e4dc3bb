// Work items that were read again by themselves, laid over what a list has of them, and what is said about them there.
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

export interface Fresh {
  /** The work item as the list has it, but newer. */
  issue?: object;
  /** What came that is not shown itself. */
  note?: ReactNode;
}

/** By their ids. */
export type FreshIssues = ReadonlyMap<string, Fresh>;

/** Adds to what is known of a work item since the whole was read. */
export type Freshen = (id: string, more: Fresh) => void;

const NONE: FreshIssues = new Map();

export const FreshContext = createContext(NONE);

/** A list's work item as it is now. */
export function useFresh<Issue extends { id: string }>(issue: Issue): [Issue, ReactNode] {
  const fresh = useContext(FreshContext).get(issue.id);
  return [fresh?.issue ? { ...issue, ...fresh.issue } : issue, fresh?.note ?? null];
}

/** What was read since `whole`; another answer for the whole begins with nothing. */
export function useFreshIssues(whole: unknown): [FreshIssues, Freshen] {
  const [since, setSince] = useState({ of: whole, issues: NONE });
  const freshen = useCallback<Freshen>(
    (id, more) =>
      setSince((before) => {
        const issues = new Map(before.of === whole ? before.issues : NONE);
        return { of: whole, issues: issues.set(id, { ...issues.get(id), ...more }) };
      }),
    [whole],
  );
  return [since.of === whole ? since.issues : NONE, freshen];
}
