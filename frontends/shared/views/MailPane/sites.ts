// The viewer's sites, by the names people know them by.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { SitesFragmentDoc } from '../../gql/graphql';
import type { SiteChoice } from './context';

export function sitesOf(viewer: FragmentType<typeof SitesFragmentDoc>): SiteChoice[] {
  const { sites } = readFragment(SitesFragmentDoc, viewer);
  return sites.map((it) => ({ id: it.id, name: it.name ?? it.url ?? it.id }));
}
