// How each part of the panel is read by itself.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  IssueChatsDocument,
  IssueHeadDocument,
  IssueMailsDocument,
  IssueMeetingsDocument,
  IssueRecordingsDocument,
  IssueTasksDocument,
  IssueTransfersDocument,
} from '../../gql/graphql';
import type { Part, PartOf } from './useParts';

type Reads = TypedDocumentNode<{ issue?: PartOf | null }, { id: string; after?: string | null }>;

export const PARTS = {
  head: IssueHeadDocument,
  mails: IssueMailsDocument,
  meetings: IssueMeetingsDocument,
  chats: IssueChatsDocument,
  tasks: IssueTasksDocument,
  recordings: IssueRecordingsDocument,
  transfers: IssueTransfersDocument,
} as Record<Part, Reads>;
