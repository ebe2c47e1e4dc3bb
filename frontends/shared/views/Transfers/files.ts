// A recording's files: which of them people want, in which order, and which of them at first.
import type { FileFragment, TransferRowFragment } from '../../gql/graphql';
import { isReady } from './first';

export type File = FileFragment;

/** What a file is, to people. */
export type Kind = 'video' | 'audio' | 'transcript' | 'captions' | 'chat' | 'summary' | 'polls' | 'file';

const KINDS: Record<string, Kind> = {
  MP4: 'video',
  M4A: 'audio',
  TRANSCRIPT: 'transcript',
  CC: 'captions',
  CHAT: 'chat',
  CHAT_MESSAGE: 'chat',
  SUMMARY: 'summary',
  CSV: 'polls',
};

const ORDER: Kind[] = ['video', 'audio', 'transcript', 'captions', 'chat', 'summary', 'polls', 'file'];

/** What programs read and people do not. */
const HIDDEN = ['TIMELINE', 'TB', 'JPG'];

/** Videos, the one that shows the most first. */
const VIEWS = [
  'shared_screen_with_speaker_view(CC)',
  'shared_screen_with_speaker_view',
  'shared_screen_with_gallery_view',
  'active_speaker',
  'gallery_view',
  'shared_screen',
];

export function kindOf({ type }: Pick<File, 'type'>): Kind {
  return KINDS[type] ?? 'file';
}

/** The view that a video shows; null for one that this build does not know, and for what is no video. */
export function viewOf({ type, recordingType }: Pick<File, 'type' | 'recordingType'>): View | null {
  if (type !== 'MP4') {
    return null;
  }
  const view = recordingType?.replace('(CC)', '') as View | undefined;
  return view && VIEWS.includes(view) ? view : null;
}

export type View =
  | 'shared_screen_with_speaker_view'
  | 'shared_screen_with_gallery_view'
  | 'active_speaker'
  | 'gallery_view'
  | 'shared_screen';

function rank(file: File): [number, number, number] {
  const view = VIEWS.indexOf(file.recordingType ?? '');
  return [
    ORDER.indexOf(kindOf(file)),
    view < 0 ? VIEWS.length : view,
    file.startedAt ? Date.parse(file.startedAt) : 0,
  ];
}

/** Those to choose from, the best first, and the parts of one that was interrupted in the order of time. */
export function choices(files: readonly File[]): File[] {
  const wanted = files.filter((it) => !HIDDEN.includes(it.type) && it.recordingType !== 'thumbnail');
  return wanted
    .map((file) => ({ file, rank: rank(file) }))
    .sort(({ rank: a }, { rank: b }) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
    .map(({ file }) => file);
}

export function fits({ size }: Pick<File, 'size'>, limit: number | null): boolean {
  return limit === null || (size ?? 0) <= limit;
}

/** The best one that can be attached, with the other parts of it; none when it is there or on its way already. */
export function chosenAtFirst(
  files: readonly File[],
  limit: number | null,
  isTaken: (file: File) => boolean,
): string[] {
  const able = choices(files).filter((it) => isReady(it) && fits(it, limit));
  const best = able[0];
  const same = (it: File) => it.type === best?.type && it.recordingType === best.recordingType;
  return able.filter((it) => same(it) && !isTaken(it)).map((it) => it.id);
}

/** How far each file is on its way, by its id. */
export function ways(
  transfers: readonly TransferRowFragment[],
): ReadonlyMap<string, TransferRowFragment['state']> {
  return new Map(transfers.map((it) => [it.fileId, it.state]));
}
