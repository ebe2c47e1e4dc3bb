// What every part of the panel needs from the whole: which work item it is, and how one part is read again.
import { createContext, useContext } from 'react';
import type { ReadPart } from './useParts';

export interface PanelIssue {
  /** The work item's id, as its host or this API gives it. */
  id: string;
  /** Reads one part again, and shows it. */
  read: ReadPart;
}

export const IssueContext = createContext<PanelIssue>({ id: '', read: async () => null });

export const useIssue = (): PanelIssue => useContext(IssueContext);
