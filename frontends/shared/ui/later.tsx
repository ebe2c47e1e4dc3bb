// A part of a page whose code comes when it is needed. Until then, and when it does not come, its place says so.
import { type ComponentType, useEffect, useState } from 'react';
import { t } from '../i18n';
import { Button, Note, Skeleton } from './kit';

/** A component that is loaded at its first use; `soon()` loads it before. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> & { soon(): void } {
  let Loaded: ComponentType<Props> | null = null;
  const get = async () => {
    Loaded ??= await load();
    return Loaded;
  };
  // biome-ignore lint/correctness/noComponentHookFactories: it is defined once for each call, at a module's level.
  function Later(props: Props) {
    const [, draw] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (!Loaded && !failed) {
        get().then(
          () => draw((it) => it + 1),
          () => setFailed(true),
        );
      }
    }, [failed]);
    if (Loaded) {
      return <Loaded {...props} />;
    }
    return failed ? (
      <Note
        tone="warning"
        actions={
          <Button small onClick={() => setFailed(false)}>
            {t('action.retry')}
          </Button>
        }
      >
        {t('trouble.unreachable')}
      </Note>
    ) : (
      <Skeleton rows={1} />
    );
  }
  return Object.assign(Later, { soon: () => void get().catch(() => {}) });
}
