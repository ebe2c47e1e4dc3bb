// Attaching recordings, and how far that is: nobody needs it at first paint, so its code and its texts come after it.
import { addTexts } from '../../i18n';
import { later } from '../../ui/later';
import './transfers.css';

export const Attach = later(async () => {
  const [{ Attach }] = await Promise.all([import('./Attach'), texts()]);
  return Attach;
});

export const TransferList = later(async () => {
  const [{ TransferList }] = await Promise.all([import('./TransferList'), texts()]);
  return TransferList;
}, null);

async function texts(): Promise<void> {
  const { packs } = await import('./texts');
  await addTexts(...packs);
}
