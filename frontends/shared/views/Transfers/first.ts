// The little that the first paint has to know of files and transfers.
import type { FileFragment, TransferRowFragment } from '../../gql/graphql';

/** Zoom has finished making it. */
export function isReady({ status }: Pick<FileFragment, 'status'>): boolean {
  return !status || status === 'completed';
}

/** It waits or is being carried. */
export function isUnderWay({ state }: Pick<TransferRowFragment, 'state'>): boolean {
  return state === 'QUEUED' || state === 'RUNNING';
}
