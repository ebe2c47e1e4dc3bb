// How a meeting stands now, and in which order meetings are shown: those to come first, then those that are over.
import type { MeetingRowFragment } from '../../gql/graphql';

/** What a meeting is to people. */
export type Phase = 'next' | 'running' | 'over';

type Timed = Pick<MeetingRowFragment, 'provider' | 'state' | 'startsAt' | 'endsAt' | 'cancelled'>;

/** Milliseconds before its beginning from which people come. */
const EARLY = 10 * 60_000;

/** Of a Zoom meeting, what Zoom says; of an event nobody tells, so the clock does. */
export function phaseOf(meeting: Timed, now = Date.now()): Phase {
  if (meeting.provider === 'ZOOM') {
    return meeting.state === 'STARTED' ? 'running' : meeting.state === 'ENDED' ? 'over' : 'next';
  }
  const starts = meeting.startsAt ? Date.parse(meeting.startsAt) : null;
  const ends = meeting.endsAt ? Date.parse(meeting.endsAt) : starts;
  if (ends !== null && ends < now) {
    return 'over';
  }
  return starts !== null && starts <= now ? 'running' : 'next';
}

/** Nobody has to come any more. */
export function isCancelled({ cancelled, state }: Pick<Timed, 'cancelled' | 'state'>): boolean {
  return Boolean(cancelled) || state === 'CANCELLED';
}

/** It is time to go there. */
export function isNear(meeting: Timed, now = Date.now()): boolean {
  const starts = meeting.startsAt ? Date.parse(meeting.startsAt) : null;
  const phase = phaseOf(meeting, now);
  return phase === 'running' || (phase === 'next' && starts !== null && starts - EARLY <= now);
}

const RANK: Record<Phase, number> = { running: 0, next: 1, over: 2 };

/** Where it stands among others: what is under way, then what is to come by its beginning, then what was, the last first. */
export function inTime(one: Timed, other: Timed, now = Date.now()): number {
  const [a, b] = [phaseOf(one, now), phaseOf(other, now)];
  if (a !== b) {
    return RANK[a] - RANK[b];
  }
  // What has no time of its own comes after what has.
  const at = ({ startsAt }: Timed) => (startsAt ? Date.parse(startsAt) : a === 'over' ? 0 : 8.64e15);
  return a === 'over' ? at(other) - at(one) : at(one) - at(other);
}
