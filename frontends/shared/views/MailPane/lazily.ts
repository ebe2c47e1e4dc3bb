// Parts of the pane that nobody sees at first paint: their code and their texts come after it.
import { addTexts } from '../../i18n';
import { later } from '../../ui/later';

export const CreateIssue = later(async () => {
  const [{ CreateIssue }] = await Promise.all([import('./CreateIssue'), texts()]);
  return CreateIssue;
});

export const Doing = later(async () => {
  const [{ Doing }] = await Promise.all([import('./Doing'), texts()]);
  return Doing;
});

export const Writing = later(async () => (await import('./Writing')).Writing);

async function texts(): Promise<void> {
  const { packs } = await import('./texts');
  await addTexts(...packs);
}
