// The files of a mail as a person chooses among them.
import type { MailFilesFragment } from '../../gql/graphql';

export type MailFile = NonNullable<NonNullable<MailFilesFragment['mail']>['attachments']>[number];

/** Those that can go along; a link to a cloud file is none. */
export function attachable(file: MailFile): boolean {
  return file.kind !== 'REFERENCE';
}

/** Those chosen unless somebody says otherwise: what a person attached, not what a signature drags along. */
export function chosenAtFirst(files: readonly MailFile[]): string[] {
  return files.filter((it) => attachable(it) && !it.signature && !it.inline).map((it) => it.id);
}
