// What a transfer is called: the recording that it is of, and which of its files.
import { readFragment } from '../../gql/fragment-masking';
import {
  FileFragmentDoc,
  RecordingPageFragmentDoc,
  RecordingRowFragmentDoc,
  type TransferRowFragment,
} from '../../gql/graphql';
import { t, time } from '../../i18n';
import type { Shown } from '../IssuePanel/useParts';
import { type File, kindOf, viewOf } from './files';

/** A file as people tell it from the others of its recording. */
export function nameOf(file: File, all: readonly File[]): string {
  const view = viewOf(file);
  const kind = t(`attach.kind.${kindOf(file)}`);
  const name = view ? `${kind}, ${t(`attach.view.${view}`)}` : kind;
  // One that was interrupted is in several parts.
  const same = (it: File) => it.type === file.type && it.recordingType === file.recordingType;
  const parts = all.filter(same).length > 1;
  return parts && file.startedAt ? `${name}, ${t('attach.from', { time: time(file.startedAt) })}` : name;
}

/** What a transfer is of, as far as the person may see that. */
export function sourceOf(issue: Shown | null, { recordingId, fileId }: TransferRowFragment): string {
  const page = readFragment(RecordingPageFragmentDoc, issue?.recordings);
  const found = page?.nodes.find((it) => it.id === recordingId);
  if (!found) {
    return t('transfer.unknown');
  }
  const recording = readFragment(RecordingRowFragmentDoc, found);
  const files = readFragment(FileFragmentDoc, recording.files);
  const file = files.find((it) => it.id === fileId);
  const topic = recording.topic || t('row.noSubject');
  return file ? t('transfer.named', { recording: topic, file: nameOf(file, files) }) : topic;
}
