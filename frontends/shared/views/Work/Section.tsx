// A part of a page with a heading of its own: skeleton, trouble of its sources, rows, or that there are none.
import { type ReactNode, useId, useRef } from 'react';
import { readFragment } from '../../gql/fragment-masking';
import { SourceFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { Icon, type IconName } from '../../ui/icons';
import { Skeleton } from '../../ui/kit';
import { SourceNote } from '../Account/lazily';
import type { Source, SourceRef } from '../IssuePanel/block';
import { passes, standing } from '../standing';

/** A list and how each of its sources stands. */
export interface Listed<Node> {
  nodes: readonly Node[];
  source: SourceRef;
  sources: readonly (SourceRef & { site?: Site | null })[];
}

interface Site {
  id: string;
  name: string | null;
}

export function sourcesOf(list: Listed<unknown>): (Source & { site?: Site | null })[] {
  const all = list.sources.length > 0 ? list.sources : [{ ...list.source, site: null }];
  return all.map((it) => ({ ...readFragment(SourceFragmentDoc, it), site: it.site ?? null }));
}

/** The provider with its site, where somebody may have several. */
function nameOf({ provider, site }: Source & { site?: Site | null }): string {
  const name = t(`provider.${provider}`);
  return site?.name ? `${name} (${site.name})` : name;
}

interface SectionProps<Node> {
  name: string;
  icon: IconName;
  title: string;
  empty: string;
  /** Null while it is being read. */
  list: Listed<Node> | null;
  /** Whose trouble is told here. */
  speaks(source: Source): boolean;
  busy: boolean;
  retry(): void;
  tools?: ReactNode;
  children(nodes: readonly Node[]): ReactNode;
}

export function Section<Node>(props: SectionProps<Node>) {
  const { name, icon, title, empty, list, speaks, busy, retry, tools, children } = props;
  const heading = useId();
  const shown = useHeld(list);
  const told = list ? sourcesOf(list).filter(speaks) : [];
  const held = shown !== list;
  const well = told.every((it) => standing(it) === 'ready');
  return (
    <section className="block card" aria-labelledby={heading} data-block={name}>
      <header className="block-head">
        <Icon name={icon} />
        <h2 id={heading} tabIndex={-1}>
          {title}
        </h2>
        {shown && shown.nodes.length > 0 ? <span className="count">{shown.nodes.length}</span> : null}
        {tools ? <span className="head-tools">{tools}</span> : null}
      </header>
      {told.map((source) => (
        <SourceNote
          key={`${source.provider} ${source.site?.id}`}
          source={source}
          name={nameOf(source)}
          held={held}
          retrying={busy}
          retry={retry}
        />
      ))}
      {shown === null ? <Skeleton rows={3} /> : children(shown.nodes)}
      {list && well && list.nodes.length === 0 ? <p className="empty">{empty}</p> : null}
    </section>
  );
}

/** The list to show: the answer, or the one before it while the trouble that took rows away passes. */
function useHeld<Node>(answered: Listed<Node> | null): Listed<Node> | null {
  const last = useRef<Listed<Node> | null>(null);
  if (!answered) {
    return last.current;
  }
  const trouble = sourcesOf(answered).some((it) => passes(standing(it)));
  if (trouble && last.current && answered.nodes.length < last.current.nodes.length) {
    return last.current;
  }
  last.current = answered;
  return answered;
}
