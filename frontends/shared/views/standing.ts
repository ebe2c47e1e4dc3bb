// A source's state, told apart by what a view does about it. One place decides, for every block and every host.
import type { SourceFragment } from '../gql/graphql';

export type Standing =
  /** All of it, or as much as could be read. */
  | 'ready'
  | 'partial'
  /** This gateway does not know the provider: nothing to show, nothing to do. */
  | 'absent'
  /** The person can mend it by signing in. */
  | 'connect'
  | 'consent'
  | 'reauth'
  | 'interaction'
  /** Somebody else has to mend it. */
  | 'admin'
  | 'blocked'
  | 'forbidden'
  /** It passes. */
  | 'wait'
  | 'slow'
  | 'down';

const STANDING: Record<SourceFragment['state'], Standing> = {
  READY: 'ready',
  PARTIAL: 'partial',
  NOT_CONFIGURED: 'absent',
  NOT_CONNECTED: 'connect',
  CONSENT_REQUIRED: 'consent',
  ADMIN_CONSENT_REQUIRED: 'admin',
  INTERACTION_REQUIRED: 'interaction',
  REAUTH_REQUIRED: 'reauth',
  ACCESS_BLOCKED: 'blocked',
  FORBIDDEN: 'forbidden',
  RATE_LIMITED: 'wait',
  TIMED_OUT: 'slow',
  UNAVAILABLE: 'down',
};

export function standing(source: Pick<SourceFragment, 'state'>): Standing {
  // A newer gateway may know states that this build does not.
  return STANDING[source.state] ?? 'down';
}

/** There is nothing to say. */
export function isQuiet(it: Standing): boolean {
  return it === 'ready' || it === 'absent';
}

/** Trouble that passes by itself: what was shown before stays. */
export function passes(it: Standing): boolean {
  return it === 'wait' || it === 'slow' || it === 'down';
}

/** The whole account stands in the way, so every block of the provider would say the same. */
export function concernsAccount(it: Standing): boolean {
  return (
    it === 'connect' ||
    it === 'reauth' ||
    it === 'interaction' ||
    it === 'admin' ||
    it === 'blocked' ||
    it === 'consent'
  );
}

/** What every source has in common, or null when they differ. */
export function shared(all: readonly Standing[]): Standing | null {
  const first = all[0];
  return first && all.every((it) => it === first) ? first : null;
}
