// What every part of the panel needs from the whole: which work item it is.
import { createContext, useContext } from 'react';

/** The work item's id, as its host or this API gives it. */
export const IssueContext = createContext('');

export const useIssue = (): string => useContext(IssueContext);
