// One join of the work item: heading, what is wrong with its source, rows, and the way to more of them. Its trouble
// stays its own, and rows once shown are not taken away by trouble that passes.
import { Fragment, type ReactNode, useRef, useState } from 'react';
import type { Provider } from '../../gql/graphql';
import { count, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Icon } from '../../ui/icons';
import { Button, Skeleton } from '../../ui/kit';
import { later } from '../../ui/later';
import { SourceNote } from '../Account/lazily';
import { passes, standing } from '../standing';
import {
  type AnyKind,
  type BlockKind,
  type BlockName,
  type GroupName,
  type Item,
  mainSource,
  type Page,
  sourceOf,
} from './block';
import { useIssue } from './context';
import { Row } from './Row';

interface BlockProps<Ref, Node extends Item> {
  kind: BlockKind<Ref, Node>;
  /** Null while it is being read. */
  page: Ref | null;
  /** The provider's sign-in is asked for elsewhere on the panel. */
  quiet: boolean;
  /** Stands below its rows. */
  below?: ReactNode;
}

/** Everything after the first page: a button, then what it brings, and so on. */
const More = later(async () => (await import('./More')).More);

/** Rows shown before anyone asks for more. */
export const FIRST = 5;

export function Block<Ref, Node extends Item>({ kind, page: ref, quiet, below }: BlockProps<Ref, Node>) {
  const answered = ref === null ? null : kind.read(ref);
  const page = useHeld(answered, kind.provider);
  const [retrying, retry] = useRetry(kind);
  /** The first of the rows that somebody asked for; empty when there were none to reveal, null before. */
  const [asked, ask] = useState<string | null>(null);
  const open = asked !== null;
  const all = page ? inOrder(kind, page.nodes) : [];
  const rows = open ? all : all.slice(0, FIRST);
  const total = page?.totalCount ?? page?.nodes.length;
  const held = page !== null && page !== answered && page.nodes.length > 0;
  const heading = `block-${kind.name}`;
  return (
    <section className="block" aria-labelledby={heading} data-block={kind.name}>
      <header className="block-head">
        <Icon name={kind.icon} />
        <h2 id={heading} tabIndex={-1}>
          {t(`block.${kind.name}`)}
        </h2>
        {total ? <span className="count">{total}</span> : null}
      </header>
      {answered ? (
        <Notes
          page={answered}
          provider={kind.provider}
          quiet={quiet}
          held={held}
          retrying={retrying}
          retry={retry}
        />
      ) : (
        <Skeleton rows={kind.name === 'mails' ? 3 : 1} />
      )}
      {page && (rows.length > 0 || page.pageInfo.hasNextPage) ? (
        <ul className="rows">
          {listed(kind, rows, asked)}
          {open && rows.length > 0 ? <Footnote kind={kind} page={page} /> : null}
          {open ? (
            <More
              kind={kind as unknown as AnyKind}
              page={page}
              under={underOf(kind, all)}
              atOnce={page.nodes.length <= FIRST}
            />
          ) : page.nodes.length > FIRST || page.pageInfo.hasNextPage ? (
            <MoreButton onClick={() => ask(all[FIRST]?.id ?? '')} />
          ) : null}
          {open || rows.length === 0 ? null : <Footnote kind={kind} page={page} />}
        </ul>
      ) : null}
      {answered && rows.length === 0 ? <Empty kind={kind} page={answered} quiet={quiet} /> : null}
      {below}
    </section>
  );
}

interface NotesProps {
  page: Page<Item>;
  provider: Provider;
  quiet: boolean;
  held: boolean;
  retrying: boolean;
  retry(): void;
}

/** What a source withholds, for one or both sources of the block. */
function Notes({ page, provider, quiet, held, retrying, retry }: NotesProps) {
  const zoom = provider === 'ZOOM' ? null : sourceOf(page, 'ZOOM');
  // Connecting Zoom is asked for once, by the recordings; here only what is wrong with it is said.
  const zoomTrouble = zoom && (passes(standing(zoom)) || standing(zoom) === 'partial') ? zoom : null;
  const said = { held, retrying, retry };
  return (
    <>
      {quiet ? null : <SourceNote source={mainSource(page, provider)} {...said} />}
      {zoomTrouble ? <SourceNote source={zoomTrouble} {...said} /> : null}
    </>
  );
}

function Empty<Ref, Node extends Item>(props: {
  kind: BlockKind<Ref, Node>;
  page: Page<Node>;
  quiet: boolean;
}) {
  const { kind, page, quiet } = props;
  // Meetings without Outlook's are Zoom's; nothing else is read where its own provider is not.
  const other = quiet && kind.name === 'meetings';
  if (!other && standing(mainSource(page, kind.provider)) !== 'ready') {
    return null;
  }
  return <p className="empty">{t(page.hiddenCount ? `elsewhere.${kind.name}` : `empty.${kind.name}`)}</p>;
}

/** What a page holds beside its rows: links to what is not this person's to see. */
export function Footnote({ kind, page }: { kind: { name: BlockName }; page: Page<Item> }) {
  return page.hiddenCount ? (
    <li className="footnote">{count(`hidden.${kind.name}`, page.hiddenCount)}</li>
  ) : null;
}

export function MoreButton({ busy, onClick }: { busy?: boolean; onClick(): void }) {
  return (
    <li className="more">
      <Button small tone="subtle" busy={busy} onClick={onClick}>
        {busy ? t('action.moreLoading') : t('action.more')}
      </Button>
    </li>
  );
}

/** The rows of a page as its kind orders them. */
export function inOrder<Ref, Node extends Item>(
  kind: BlockKind<Ref, Node>,
  nodes: readonly Node[],
): readonly Node[] {
  return kind.order?.(nodes) ?? nodes;
}

/** What the last of these rows stands under. */
export function underOf<Ref, Node extends Item>(
  kind: BlockKind<Ref, Node>,
  rows: readonly Node[],
): GroupName | undefined {
  const last = rows.at(-1);
  return last && kind.group?.(last);
}

/** Rows in their order, each group of them under its name; `focused` is the id of the one that takes the focus. */
export function listed<Ref, Node extends Item>(
  kind: BlockKind<Ref, Node>,
  rows: readonly Node[],
  focused: string | null,
  /** What the row before them stands under; those to come need no name at the beginning. */
  under: GroupName | undefined = 'next',
): ReactNode {
  let before: GroupName | undefined = under;
  return rows.map((node) => {
    const { name, content, action, opens } = kind.row(node);
    const group = kind.group?.(node);
    const named = group && group !== before;
    before = group;
    return (
      <Fragment key={node.id}>
        {named ? <li className="row-group">{t(`row.${group}`)}</li> : null}
        <Row name={name} link={node.linkId} action={action} opens={opens} focus={node.id === focused}>
          {content}
        </Row>
      </Fragment>
    );
  });
}

/** The page to show: the answer, or the rows of the one before it while the trouble that took some away passes. */
function useHeld<Node extends Item>(answered: Page<Node> | null, provider: Provider): Page<Node> | null {
  const last = useRef<Page<Node> | null>(null);
  if (!answered) {
    return last.current;
  }
  const sources = [mainSource(answered, provider), sourceOf(answered, 'ZOOM')];
  const trouble = sources.some((it) => it && passes(standing(it)));
  if (trouble && last.current && answered.nodes.length < last.current.nodes.length) {
    return last.current;
  }
  last.current = answered;
  return answered;
}

/** Reads this block alone again, for somebody who waits for it. */
function useRetry<Ref, Node extends Item>(kind: BlockKind<Ref, Node>): [boolean, () => void] {
  const { read } = useIssue();
  const [retrying, setRetrying] = useState(false);
  const retry = async () => {
    setRetrying(true);
    const ref = (await read(kind.name).catch(() => null))?.[kind.name];
    setRetrying(false);
    const page = ref ? kind.read(ref as Ref) : null;
    const all = page ? [mainSource(page, kind.provider), sourceOf(page, 'ZOOM')] : [];
    const still = all.find((it) => it && passes(standing(it)));
    const provider = t(`provider.${still?.provider ?? kind.provider}`);
    announce(t(page && !still ? 'source.back' : 'source.again', { provider }));
  };
  return [retrying, retry];
}
