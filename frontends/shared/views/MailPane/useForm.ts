// What a new work item needs: the site's projects, the project's types, the type's fields, and the mail's files.
import { useEffect, useMemo, useState } from 'react';
import { useQuery } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import {
  CreateFormDocument,
  type CreateFormQuery,
  FindProjectsDocument,
  MailFilesFragmentDoc,
  NewIssueDocument,
  type ProjectsFragment,
  ProjectsFragmentDoc,
} from '../../gql/graphql';
import { useMail, usePane } from './context';
import type { MailFile } from './files';
import { refOf } from './mailbox';

type CreateForm = NonNullable<CreateFormQuery['createForm']>;

export interface Place {
  site: string;
  project: string;
  type: string;
}

export interface Form {
  place: Place;
  choose(place: Partial<Place>): void;
  /** Null while they are being read. */
  projects: ProjectsFragment | null;
  search(words: string): void;
  /** The form of the chosen project and type; null while it is being read. */
  form: CreateForm | null;
  /** The mail's files; null while they are being read, or when they cannot be. */
  files: readonly MailFile[] | null;
  failed: 'projects' | 'form' | null;
  busy: boolean;
  again(): void;
}

/** The project that was used last in each site, by their ids. */
const LAST = 'trefoil.project.';

export function useForm(): Form {
  const mail = useMail();
  const { sites } = usePane();
  const input = useMemo(() => refOf(mail), [mail]);
  const [place, setPlace] = useState<Place>({ site: sites[0]?.id ?? '', project: '', type: '' });
  const [words, setWords] = useState('');
  const [first, readFirst] = useQuery({
    query: NewIssueDocument,
    variables: { site: place.site || null, input },
  });
  const [searched, readSearched] = useQuery({
    query: FindProjectsDocument,
    variables: { site: place.site || null, search: words },
    pause: words === '',
  });
  const firstProjects = readFragment(ProjectsFragmentDoc, ofSite(first, place.site)?.projects) ?? null;
  const foundProjects = words
    ? (readFragment(ProjectsFragmentDoc, searched.data?.projects) ?? null)
    : firstProjects;
  // What can be chosen keeps what is chosen.
  const projects = foundProjects && withChosen(foundProjects, firstProjects, place.project);
  useEffect(() => {
    if (!place.project && firstProjects?.nodes.length) {
      const last = recall(place.site);
      const known = firstProjects.nodes.find((it) => it.id === last) ?? firstProjects.nodes[0];
      if (known) {
        setPlace((before) => ({ ...before, project: known.id }));
      }
    }
  }, [place.project, place.site, firstProjects]);
  const [described, readForm] = useQuery({
    query: CreateFormDocument,
    variables: {
      input: { site: place.site || null, project: place.project, type: place.type || null },
    },
    pause: !place.project,
  });
  const asked = described.operation?.variables.input;
  const form = asked?.project === place.project ? (described.data?.createForm ?? null) : null;
  const files = readFragment(MailFilesFragmentDoc, first.data?.mailContext)?.mail?.attachments ?? null;
  const failed =
    first.error && !firstProjects
      ? 'projects'
      : described.error && !form && !described.fetching
        ? 'form'
        : null;
  return {
    place: { ...place, type: place.type || form?.type?.id || '' },
    choose(chosen) {
      setPlace((before) => ({
        ...before,
        ...(chosen.site ? { project: '', type: '' } : chosen.project ? { type: '' } : {}),
        ...chosen,
      }));
      if (chosen.project) {
        remember(place.site, chosen.project);
      }
    },
    projects,
    search: setWords,
    form,
    files,
    failed,
    busy: first.fetching || described.fetching || searched.fetching,
    again() {
      const anew = { requestPolicy: 'network-only' as const };
      if (failed === 'form') {
        readForm(anew);
      } else {
        readFirst(anew);
      }
      if (words) {
        readSearched(anew);
      }
    },
  };
}

function ofSite<Data>(
  result: { data?: Data; operation?: { variables: { site?: string | null } } },
  site: string,
): Data | undefined {
  return (result.operation?.variables.site ?? '') === site ? result.data : undefined;
}

function withChosen(
  found: ProjectsFragment,
  first: ProjectsFragment | null,
  chosen: string,
): ProjectsFragment {
  const kept = first?.nodes.find((it) => it.id === chosen);
  return !kept || found.nodes.some((it) => it.id === chosen)
    ? found
    : { ...found, nodes: [kept, ...found.nodes] };
}

function recall(site: string): string | null {
  try {
    return localStorage.getItem(LAST + site);
  } catch {
    // A frame may be kept from its storage.
    return null;
  }
}

function remember(site: string, project: string): void {
  try {
    localStorage.setItem(LAST + site, project);
  } catch {
    // Then it is chosen again next time.
  }
}
