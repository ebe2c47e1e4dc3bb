// Why nothing was attached, told at the field that it concerns.
import { type Key, t } from '../../i18n';
import type { Refusal, UserError } from '../IssueActions/intent';
import { reasonOf } from '../IssueActions/Refused';

export interface Wrong {
  /** At the choice of files. */
  files: string | null;
  /** At the warning. */
  agreed: string | null;
  /** At none of them. */
  other: string | null;
}

type Words = Readonly<Record<string, Key>>;

/** What is said of any field, by the gateway's code. */
const WORDS: Words = {
  FILE_TOO_LARGE: 'attach.overLimit',
  ATTACHMENTS_DISABLED: 'attach.disabled',
  NOT_CONFIGURED: 'attach.switchedOff',
};

/** What is said of a recording, which is Zoom's and not Jira's. */
const OF_ZOOM: Words = {
  ...WORDS,
  NOT_FOUND: 'attach.gone',
  FORBIDDEN: 'attach.gone',
  NOT_CONNECTED: 'problem.ZOOM_NOT_CONNECTED',
  REAUTH_REQUIRED: 'problem.ZOOM_NOT_CONNECTED',
  CONSENT_REQUIRED: 'problem.ZOOM_NOT_CONNECTED',
  RATE_LIMITED: 'problem.ZOOM_UNAVAILABLE',
  UPSTREAM_TIMEOUT: 'problem.ZOOM_UNAVAILABLE',
  UPSTREAM_UNAVAILABLE: 'problem.ZOOM_UNAVAILABLE',
  UPSTREAM_INVALID: 'problem.ZOOM_UNAVAILABLE',
};

/** The input that an error is about. */
function inputOf({ field }: UserError): string | undefined {
  return field?.at(-1);
}

function wordsOf(errors: readonly UserError[]): string | null {
  const all = errors.map((it) => {
    const input = inputOf(it);
    const words = input === 'recording' || input === 'files' ? OF_ZOOM : WORDS;
    const known = words[it.code];
    return known ? say(known) : reasonOf(it);
  });
  return all.length > 0 ? [...new Set(all)].join(' ') : null;
}

/** None of these texts has values to be filled in. */
const say = t as (key: Key) => string;

/** What was left out, once it was to be sent, and what the gateway said. */
export function wrongOf(
  refusal: Refusal | null,
  pressed: boolean,
  given: { files: boolean; agreed: boolean },
): Wrong {
  const wrong: Wrong = {
    files: pressed && !given.files ? t('attach.chooseFirst') : null,
    agreed: pressed && given.files && !given.agreed ? t('attach.acknowledgeFirst') : null,
    other: null,
  };
  if (!refusal) {
    return wrong;
  }
  if ('trouble' in refusal) {
    return { ...wrong, other: t(`trouble.${refusal.trouble.kind}`) };
  }
  const at = (input: string) => refusal.errors.filter((it) => inputOf(it) === input);
  const files = at('files');
  const agreed = at('audienceAcknowledged');
  const rest = refusal.errors.filter((it) => !files.includes(it) && !agreed.includes(it));
  return {
    files: wrong.files ?? wordsOf(files),
    agreed: wrong.agreed ?? (agreed.length > 0 ? t('attach.acknowledgeFirst') : null),
    other: wordsOf(rest) ?? (refusal.errors.length === 0 ? t('refused.plain') : null),
  };
}
