// Where a meeting can take place: at what the person's accounts and the site's administrators allow.
import type { MeetingProvider, Provider } from '../../gql/graphql';
import { type Item, type Page, type Source, sourceOf } from '../IssuePanel/block';
import { concernsAccount, standing } from '../standing';

export interface Place {
  id: MeetingProvider;
  source: Source;
  /** Nothing of the person's account stands in the way. */
  usable: boolean;
}

/** Those that are not switched off, the ones that can be used first. */
export function placesOf(page: Page<Item>): Place[] {
  const at = (provider: Provider, ids: MeetingProvider[]) => {
    const source = sourceOf(page, provider);
    const stands = source ? standing(source) : 'absent';
    return source && stands !== 'absent'
      ? ids.map((id) => ({ id, source, usable: !concernsAccount(stands) }))
      : [];
  };
  return [...at('ZOOM', ['ZOOM']), ...at('MICROSOFT', ['TEAMS', 'OUTLOOK'])];
}

/** Which account makes it. */
export function accountOf(place: MeetingProvider): Provider {
  return place === 'ZOOM' ? 'ZOOM' : 'MICROSOFT';
}

/** The one to begin with. */
export function firstOf(places: readonly Place[]): Place | undefined {
  return places.find((it) => it.usable) ?? places[0];
}
