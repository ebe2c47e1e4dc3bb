// What every part of the panel needs from the whole: which work item it is, and how one part is read again.
import { createContext, useContext } from 'react';

export interface PanelIssue {
  /** The work item's id, as its host or this API gives it. */
  id: string;
  /** Reads everything again, where the cache cannot put a part of it in its place; null where it can. */
  whole: { busy: boolean; reload(): void } | null;
}

export const IssueContext = createContext<PanelIssue>({ id: '', whole: null });

export const useIssue = (): PanelIssue => useContext(IssueContext);
