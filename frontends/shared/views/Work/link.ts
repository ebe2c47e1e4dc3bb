// Where a work item's own page is, in hosts that have one; null where only Jira has.
import { createContext, useContext } from 'react';

export const IssueLinkContext = createContext<((id: string) => string) | null>(null);

export const useIssueLink = () => useContext(IssueLinkContext);
