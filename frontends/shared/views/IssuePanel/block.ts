// What the generic block has to know of one join: its name, how to read a page of it and draw a row.
import type { ReactNode } from 'react';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { type Provider, type SourceFragment, SourceFragmentDoc } from '../../gql/graphql';
import type { IconName } from '../../ui/icons';

export type BlockName = 'mails' | 'meetings' | 'chats' | 'tasks' | 'recordings';

/** The parts of a block that is ordered by time. */
export type GroupName = 'next' | 'past';

/** A source as its fragment is masked in a page. */
export type SourceRef = FragmentType<typeof SourceFragmentDoc>;

export interface Item {
  id: string;
  linkId?: string | null;
}

/** One page of a join, read. */
export interface Page<Node extends Item> {
  nodes: readonly Node[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** How the source stands; with several, the one in the greatest trouble. */
  source: SourceRef;
  /** How each stands, for a join that reads several. */
  sources?: readonly SourceRef[];
  totalCount?: number | null;
  hiddenCount?: number | null;
}

/** A row: what it is called when it is spoken of, what it shows, and the one thing to do with it. */
export interface Drawn {
  name: string;
  content: ReactNode;
  action?: ReactNode;
  opens?: Opens;
}

/** What a button at the end of a row opens below it. */
export interface Opens {
  /** Left out, the button is an arrow. */
  text?: string;
  label: string;
  part(close: () => void): ReactNode;
}

export interface BlockKind<Ref, Node extends Item> {
  name: BlockName;
  icon: IconName;
  provider: Provider;
  read(ref: Ref): Page<Node>;
  row(node: Node): Drawn;
  /** How its rows follow each other; left out, as they were read. */
  order?(nodes: readonly Node[]): readonly Node[];
  /** What a row stands under, together with those around it. */
  group?(node: Node): GroupName;
}

/** Some kind of block, where it does not matter which. */
export type AnyKind = BlockKind<unknown, Item>;

export type Source = SourceFragment;

/** How one provider stands in a page, or null when the page is not read from it. */
export function sourceOf(page: Page<Item>, provider: Provider): Source | null {
  const all = [...(page.sources ?? []), page.source].map((it) => readFragment(SourceFragmentDoc, it));
  return all.find((it) => it.provider === provider) ?? null;
}

/** The source that a block is named after. */
export function mainSource(page: Page<Item>, provider: Provider): Source {
  return sourceOf(page, provider) ?? readFragment(SourceFragmentDoc, page.source);
}
