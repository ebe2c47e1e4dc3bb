// A Teams chat: its topic, or who is in it, and when something was last said.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  type ChatPageFragment,
  ChatPageFragmentDoc,
  type ChatRowFragment,
  ChatRowFragmentDoc,
} from '../../gql/graphql';
import { ago, moment, t } from '../../i18n';
import { Avatar, External } from '../../ui/kit';
import { useAccount } from '../Account/context';
import type { BlockKind } from './block';

type Ref = FragmentType<typeof ChatPageFragmentDoc>;
type Node = ChatPageFragment['nodes'][number];

export const chats: BlockKind<Ref, Node> = {
  name: 'chats',
  icon: 'chat',
  provider: 'MICROSOFT',
  read: (ref) => readFragment(ChatPageFragmentDoc, ref),
  row: (node) => ({
    name: nameOf(readFragment(ChatRowFragmentDoc, node), []),
    content: <Chat chat={node} />,
  }),
};

/** What to call a chat; among its members, `me` is not named. */
function nameOf(chat: ChatRowFragment, me: readonly string[]): string {
  return chat.topic || people(chat, me) || t(`row.chat.${chat.kind ?? 'UNKNOWN'}`);
}

/** How many members are named. */
const NAMED = 3;

/** The first few other members by name, and how many more there are. */
function people(chat: ChatRowFragment, me: readonly string[]): string {
  const others = (chat.members ?? []).filter((it) => !it.accountId || !me.includes(it.accountId));
  const names = others.map((it) => it.name).filter((it): it is string => Boolean(it));
  const first = names.slice(0, NAMED).join(', ');
  return names.length > NAMED ? t('row.allOf', { first, n: names.length - NAMED }) : first;
}

function Chat({ chat: ref }: { chat: FragmentType<typeof ChatRowFragmentDoc> }) {
  const chat = readFragment(ChatRowFragmentDoc, ref);
  const { me } = useAccount();
  const kind = t(`row.chat.${chat.kind ?? 'UNKNOWN'}`);
  const name = nameOf(chat, me);
  const members = chat.topic ? people(chat, me) : '';
  return (
    <>
      <Avatar name={name} />
      <div className="row-text">
        <div className="row-title">
          <External className="title" href={chat.webUrl}>
            {name}
          </External>
          {chat.updatedAt ? (
            <time className="aside" dateTime={chat.updatedAt} title={moment(chat.updatedAt)}>
              {ago(chat.updatedAt)}
            </time>
          ) : null}
        </div>
        <div className="row-detail">
          <span>{[kind, members].filter(Boolean).join(' · ')}</span>
        </div>
      </div>
    </>
  );
}
