// When two presses of Create are one wish: for the same mail, in the same place, by somebody who has not been told of
// an answer. Two windows, or a window that was closed too early, then make one work item.
import { useRef } from 'react';
import { keyOfWish, newKey } from '../../core/key';
import { useMail, usePane } from './context';
import { refOf } from './mailbox';
import type { Place } from './useForm';

/** Wishes that were granted in this pane: whoever presses again wants another. */
const granted = new Set<string>();

export interface Wish {
  /** The idempotency key for a work item in that place. */
  key(place: Place): Promise<string>;
  /** The person knows now that it is there. */
  grant(place: Place): Promise<void>;
}

export function useWish(): Wish {
  const { itemId, internetMessageId, mailbox } = refOf(useMail());
  const { links } = usePane();
  // What was linked already when the form was opened: after that, or on another day, it is another wish.
  const known = useRef(links);
  known.current ??= links;
  const keyFor = ({ site, project, type }: Place) =>
    keyOfWish([
      site,
      project,
      type,
      itemId,
      internetMessageId,
      mailbox,
      ...[...(known.current ?? [])].sort(),
    ]);
  return {
    async key(place) {
      const key = await keyFor(place);
      return granted.has(key) ? newKey() : key;
    },
    async grant(place) {
      granted.add(await keyFor(place));
    },
  };
}
