// What every part of the panel needs from the whole: which work item it is, and how one part is read again.
import { createContext, useContext } from 'react';
import type { PutParts, ReadPart, Shown } from './useParts';

export interface PanelIssue {
  /** The work item's id, as its host or this API gives it. */
  id: string;
  /** Reads one part again, and shows it. */
  read: ReadPart;
  /** Shows parts that an answer to something else told. */
  put: PutParts;
  /** What is shown just now. */
  now: { readonly current: Shown | null };
  /** Has the transfers read again soon, and once for all who want that; null until the panel listens. */
  again: { current: (() => void) | null };
}

export const IssueContext = createContext<PanelIssue>({
  id: '',
  read: async () => null,
  put: () => {},
  now: { current: null },
  again: { current: null },
});

export const useIssue = (): PanelIssue => useContext(IssueContext);
