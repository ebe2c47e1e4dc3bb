// What can be done with meetings: nobody needs it at first paint, so its code and its texts come after it.
import { addTexts } from '../../i18n';
import { later } from '../../ui/later';
import './meetings.css';

/** What the block needs soon after it is shown. */
export async function load() {
  const [parts] = await Promise.all([import('./parts'), texts()]);
  return parts;
}

/** The buttons below the meetings; as high as they are until they are there. */
export const MeetingActions = later(
  async () => (await load()).MeetingActions,
  <div className="meeting-actions" />,
);

export const Details = later(async () => {
  const [{ Details }] = await Promise.all([import('./Details'), texts()]);
  return Details;
});

async function texts(): Promise<void> {
  const { packs } = await import('./texts');
  await addTexts(...packs);
}
