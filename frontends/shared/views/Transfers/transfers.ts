// What is known of the transfers of a work item, and which of them are worth showing.
import type { TransferRowFragment } from '../../gql/graphql';
import { isUnderWay } from './first';

export type Transfer = TransferRowFragment;

const HOUR = 3_600_000;

/** Milliseconds for which one that has ended is shown: long enough for its starter to come back to it. */
const SHOWN = { DONE: 24 * HOUR, FAILED: 7 * 24 * HOUR, CANCELLED: HOUR };

/** How many are followed at once: browsers hold few connections open to one server. */
const FOLLOWED = 2;

/** The newer of two states of one transfer, where `heard` came by itself and `read` was asked for. */
export function newer(read: Transfer, heard: Transfer | undefined): Transfer {
  if (!heard) {
    return read;
  }
  // Begun anew, it has the same id and another beginning.
  const begun = Date.parse(heard.createdAt) - Date.parse(read.createdAt);
  if (begun !== 0) {
    return begun > 0 ? heard : read;
  }
  if (isUnderWay(read) !== isUnderWay(heard)) {
    return isUnderWay(read) ? heard : read;
  }
  return heard.failures < read.failures ? read : heard;
}

/** Those to show, the oldest first, so that none moves when another begins. */
export function shownOf(all: readonly Transfer[], now = Date.now()): Transfer[] {
  const shown = all.filter((it) => {
    if (isUnderWay(it)) {
      return true;
    }
    const limit = SHOWN[it.state as keyof typeof SHOWN] ?? 0;
    const recent = now - Date.parse(it.endedAt ?? it.createdAt) < limit;
    return recent && (it.state !== 'CANCELLED' || it.isOwn);
  });
  return byAge(shown);
}

function byAge(all: readonly Transfer[]): Transfer[] {
  return [...all].sort(
    (one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt) || (one.id < other.id ? -1 : 1),
  );
}

/** Those to follow: what is being carried first, then what is next. */
export function followed(all: readonly Transfer[]): string[] {
  const inTurn = byAge(all);
  const running = inTurn.filter((it) => it.state === 'RUNNING');
  const queued = inTurn.filter((it) => it.state === 'QUEUED');
  return [...running, ...queued].slice(0, FOLLOWED).map((it) => it.id);
}

/** What is shown of the transfers when some of them are known anew, the newest first. */
export function withNew<It extends { id: string }>(
  before: readonly It[] | null | undefined,
  more: readonly It[],
): It[] {
  const known = new Set(more.map((it) => it.id));
  return [...more, ...(before ?? []).filter((it) => !known.has(it.id))];
}
