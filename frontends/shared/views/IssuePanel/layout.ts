// Which blocks are drawn and which provider gets one placemat instead of saying the same in every block.
import { concernsAccount, type Standing, shared, standing } from '../standing';
import { type BlockName, mainSource, type Page, type Source, sourceOf } from './block';

export type Pages = Record<BlockName, Page<{ id: string }>>;

export interface Layout {
  /** Blocks to draw; `quiet` ones do not speak of their provider's sign-in. */
  blocks: { name: BlockName; quiet: boolean }[];
  placemats: { source: Source; standing: Standing }[];
}

const MICROSOFT: BlockName[] = ['mails', 'meetings', 'chats', 'tasks'];

/** The order on the page: the left column, then the right one. */
export const ORDER: BlockName[] = ['mails', 'meetings', 'chats', 'tasks', 'recordings'];

/** `carrying` when recordings are on their way into the work item, which everybody may know. */
export function layoutOf(pages: Pages, carrying = false): Layout {
  const source = (name: BlockName): Source =>
    mainSource(pages[name], name === 'recordings' ? 'ZOOM' : 'MICROSOFT');
  const stands = (name: BlockName) => standing(source(name));
  const layout: Layout = { blocks: [], placemats: [] };

  const microsoft = shared(MICROSOFT.map(stands));
  const microsoftOff = microsoft !== null && concernsAccount(microsoft);
  if (microsoft && microsoftOff) {
    layout.placemats.push({ source: source('mails'), standing: microsoft });
  }
  const zoom = stands('recordings');
  const zoomOff = concernsAccount(zoom);
  if (zoomOff) {
    layout.placemats.push({ source: source('recordings'), standing: zoom });
  }

  const zoomMeetings = sourceOf(pages.meetings, 'ZOOM');
  for (const name of ORDER) {
    const off = name === 'recordings' ? zoomOff : microsoftOff;
    const absent = stands(name) === 'absent';
    if (name === 'meetings' && (off || absent)) {
      // Zoom's meetings are there all the same, and new ones can be made.
      const other = zoomMeetings ? standing(zoomMeetings) : 'absent';
      if (pages.meetings.nodes.length > 0 || (other !== 'absent' && !concernsAccount(other))) {
        layout.blocks.push({ name, quiet: true });
      }
    } else if (!off && !absent) {
      layout.blocks.push({ name, quiet: false });
    } else if (name === 'recordings' && carrying) {
      layout.blocks.push({ name, quiet: true });
    }
  }
  return layout;
}
