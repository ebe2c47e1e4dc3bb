// A part of a page whose code comes when it is needed. Until then, and when it does not come, its place says so.
import { type ComponentType, type ReactNode, useEffect, useState } from 'react';
import { t } from '../i18n';
import { Button, Note, Skeleton } from './kit';

export interface Later {
  /** It is there and is drawn at once. */
  here(): boolean;
  /** Loads it before its first use; told when that has ended, whether it came or not. */
  soon(): Promise<void>;
}

/** A component that is loaded at its first use. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  /** Stands in its place meanwhile. */
  meanwhile: ReactNode = <Skeleton rows={1} />,
): ComponentType<Props> & Later {
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
      meanwhile
    );
  }
  return Object.assign(Later, {
    here: () => Loaded !== null,
    soon: () =>
      get().then(
        () => {},
        () => {},
      ),
  });
}

/**
 * False while a part that is needed is on its way, so that it is drawn together with what needs it instead of moving
 * that later. True again when the part could not be loaded: then its place says so.
 */
export function useHere(part: Later, needed: boolean): boolean {
  const [gone, setGone] = useState(false);
  const waits = needed && !gone && !part.here();
  useEffect(() => {
    if (waits) {
      void part.soon().then(() => setGone(true));
    }
  }, [part, waits]);
  return !waits;
}
