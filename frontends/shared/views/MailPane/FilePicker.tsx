// Choosing which files of a mail go along. Signature images are left out, and not even in the way.
import { useState } from 'react';
import { bytes, count, t } from '../../i18n';
import { Check, Group } from '../../ui/form';
import { Icon } from '../../ui/icons';
import { Button } from '../../ui/kit';
import { attachable, type MailFile } from './files';

/** What became of a file: null while nothing has. */
export type Outcome = 'done' | 'failed' | null;

export function FilePicker({
  files,
  chosen,
  choose,
  outcome,
}: {
  files: readonly MailFile[];
  chosen: readonly string[];
  choose(ids: string[]): void;
  outcome?: (id: string) => Outcome;
}) {
  const [all, showAll] = useState(false);
  const signatures = files.filter((it) => it.signature && !chosen.includes(it.id));
  const shown = all ? files : files.filter((it) => !signatures.includes(it));
  return (
    <Group legend={t('files.title')}>
      {shown.map((it) => (
        <File
          key={it.id}
          file={it}
          checked={chosen.includes(it.id)}
          change={(on) => choose(on ? [...chosen, it.id] : chosen.filter((id) => id !== it.id))}
          outcome={outcome?.(it.id) ?? null}
        />
      ))}
      {signatures.length > 0 && !all ? (
        <div className="left-out">
          <span className="hint">{count('files.hidden', signatures.length)}</span>
          <Button small tone="subtle" onClick={() => showAll(true)}>
            {t('files.show')}
          </Button>
        </div>
      ) : null}
    </Group>
  );
}

function File({
  file,
  checked,
  change,
  outcome,
}: {
  file: MailFile;
  checked: boolean;
  change(on: boolean): void;
  outcome: Outcome;
}) {
  const can = attachable(file);
  return (
    <Check checked={checked && can} disabled={!can} change={change}>
      <span className="file-name">{file.name}</span>
      <span className="file-note">
        {can
          ? file.signature
            ? `${t('files.signature')}, ${bytes(file.size)}`
            : bytes(file.size)
          : t('files.cloud')}
        {outcome ? (
          <span className={`outcome ${outcome}`}>
            <Icon name={outcome === 'done' ? 'task' : 'warning'} size={14} />
            {t(outcome === 'done' ? 'files.done' : 'files.notDone')}
          </span>
        ) : null}
      </span>
    </Check>
  );
}
