// What speaks of accounts and of what is wrong with a source. Where all is well nobody needs it, so its code and its
// texts come when an answer has something to say.
import { useMemo } from 'react';
import type { SourceFragment } from '../../gql/graphql';
import { addTexts } from '../../i18n';
import { type Later, later, useHere } from '../../ui/later';
import { isQuiet, standing } from '../standing';
import type { SourceNoteProps } from './SourceNote';

const load = async () => {
  const [parts, { account }] = await Promise.all([import('./all'), import('../../i18n/account')]);
  await addTexts(account);
  return parts;
};

export const Connections = later(async () => (await load()).Connections);
export const Placemat = later(async () => (await load()).Placemat);
export const SignIn = later(async () => (await load()).SignIn);
export const SignInActions = later(async () => (await load()).SignInActions, null);
const Said = later(async () => (await load()).SourceNote, null);

/** Says in a block what its source cannot give; nothing when all is well. */
export function SourceNote(props: SourceNoteProps) {
  return isQuiet(standing(props.source)) ? null : <Said {...props} />;
}

const PARTS = [Placemat, SignInActions, Said];

const ALL: Later = {
  here: () => PARTS.every((it) => it.here()),
  soon: async () => {
    await Promise.all(PARTS.map((it) => it.soon()));
  },
};

/** False while an answer cannot be shown, because what has to be said of its sources is still on its way. */
export function useSpoken(answer: unknown): boolean {
  return useHere(
    ALL,
    useMemo(() => speaks(answer), [answer]),
  );
}

/** Whether an answer says that something is wrong with a source, or with the account in Jira. */
function speaks(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) {
    return false;
  }
  const it = part as { __typename?: string; provider?: string; state?: SourceFragment['state'] };
  const account = it.__typename === 'Connection' && it.provider === 'JIRA';
  return it.state && (account || it.__typename === 'SourceStatus')
    ? !isQuiet(standing({ state: it.state }))
    : Object.values(part).some(speaks);
}
