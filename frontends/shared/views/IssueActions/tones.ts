// Jira's three stages in the kit's tones.
import type { StatusCategory } from '../../gql/graphql';

export const TONES: Record<StatusCategory, 'neutral' | 'progress' | 'done'> = {
  TO_DO: 'neutral',
  IN_PROGRESS: 'progress',
  DONE: 'done',
  UNKNOWN: 'neutral',
};
