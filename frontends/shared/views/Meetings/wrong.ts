// Why something was not done with a meeting, told at the field that it concerns.
import type { Provider } from '../../gql/graphql';
import { type Key, t } from '../../i18n';
import type { Refusal, UserError } from '../IssueActions/intent';
import { reasonOf } from '../IssueActions/Refused';
import type { Standing } from '../standing';

/** The places of a form at which something can be wrong. */
export type Spot = 'place' | 'subject' | 'when' | 'guests' | 'calendar' | 'other';

export interface Problem {
  text: string;
  /** What the person can do about it: sign in there. */
  signIn?: { provider: Provider; standing: Standing };
}

export type Wrong = Partial<Record<Spot, Problem>>;

const SPOTS: Readonly<Record<string, Spot>> = {
  provider: 'place',
  meeting: 'place',
  subject: 'subject',
  start: 'when',
  end: 'when',
  timeZone: 'when',
  attendees: 'guests',
  calendar: 'calendar',
};

/** What is said of a provider, by the gateway's code. */
const OF_PROVIDER: Readonly<Record<string, Key>> = {
  NOT_CONNECTED: 'meet.wrong.notConnected',
  REAUTH_REQUIRED: 'connect.reauth',
  CONSENT_REQUIRED: 'meet.wrong.consent',
  NOT_CONFIGURED: 'meet.wrong.off',
  FORBIDDEN: 'meet.wrong.forbidden',
  NOT_FOUND: 'meet.wrong.gone',
  RATE_LIMITED: 'meet.wrong.wait',
  UPSTREAM_TIMEOUT: 'meet.wrong.down',
  UPSTREAM_UNAVAILABLE: 'meet.wrong.down',
  UPSTREAM_INVALID: 'meet.wrong.down',
};

const SIGN_IN: Readonly<Record<string, Standing>> = {
  NOT_CONNECTED: 'connect',
  REAUTH_REQUIRED: 'reauth',
  CONSENT_REQUIRED: 'consent',
};

/** What is said of a field of the form itself. */
const OF_FIELD: Partial<Record<Spot, Key>> = {
  subject: 'meet.wrong.subject',
  when: 'meet.wrong.when',
  guests: 'meet.wrong.guests',
};

/** It may have been done, and nobody knows: only the same once more tells. */
export function isUnsure(refusal: Refusal | null): boolean {
  return (
    refusal !== null &&
    ('trouble' in refusal ||
      refusal.errors.some((it) => it.code === 'OUTCOME_UNKNOWN' || it.code === 'IN_PROGRESS'))
  );
}

function spotOf({ field }: UserError): Spot {
  return field?.map((it) => SPOTS[it]).find((it) => it !== undefined) ?? 'other';
}

/** `account` is the one that the meeting is made with; the calendar is Microsoft's always. */
export function problemOf(error: UserError, account: Provider): Problem {
  const spot = spotOf(error);
  if (spot === 'place' || spot === 'calendar') {
    const provider = spot === 'calendar' ? 'MICROSOFT' : account;
    const key = OF_PROVIDER[error.code] ?? 'meet.wrong.refused';
    // These texts name the provider, and have no other value to be filled in.
    const text = (t as (key: Key, values: object) => string)(key, { provider: t(`provider.${provider}`) });
    const stands = SIGN_IN[error.code];
    return stands ? { text, signIn: { provider, standing: stands } } : { text };
  }
  const known = OF_FIELD[spot];
  return { text: known ? (t as (key: Key) => string)(known) : reasonOf(error) };
}

export function wrongOf(refusal: Refusal | null, account: Provider): Wrong {
  const wrong: Wrong = {};
  if (!refusal) {
    return wrong;
  }
  if (isUnsure(refusal)) {
    const trouble = 'trouble' in refusal ? `trouble.${refusal.trouble.kind}` : 'meet.wrong.unknown';
    return { other: { text: `${(t as (key: Key) => string)(trouble as Key)} ${t('meet.again')}` } };
  }
  for (const error of 'errors' in refusal ? refusal.errors : []) {
    wrong[spotOf(error)] ??= problemOf(error, account);
  }
  return Object.keys(wrong).length > 0 ? wrong : { other: { text: t('refused.plain') } };
}
