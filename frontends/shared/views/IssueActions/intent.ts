// An intent: one thing a person wants done. Every try of it carries the same key, so that it is done once however
// often an answer gets lost; the next intent gets another.
import { useCallback, useRef, useState } from 'react';
import type { CombinedError, OperationResult } from 'urql';
import { newKey } from '../../core/key';
import { type Trouble, troubleOf } from '../../core/trouble';

export interface UserError {
  code: string;
  field?: readonly string[] | null;
  message: string;
}

/** Why it was not done: refused with reasons, or no answer. */
export type Refusal = { errors: readonly UserError[] } | { trouble: Trouble };

export interface Intent {
  busy: boolean;
  refusal: Refusal | null;
  /**
   * Tries it. `about` says what is wanted: another wish gets another key, which `propose` gives where others may have
   * the same wish. True when it is done.
   */
  pursue<Data>(
    about: string,
    run: (key: string) => Promise<OperationResult<Data>>,
    errorsOf: (data: Data) => readonly UserError[],
    propose?: () => Promise<string>,
  ): Promise<boolean>;
  /** Forgets what was wanted. */
  drop(): void;
}

export function useIntent(): Intent {
  const wanted = useRef<{ about: string; key: string } | null>(null);
  const [state, setState] = useState<{ busy: boolean; refusal: Refusal | null }>({
    busy: false,
    refusal: null,
  });
  const pursue = useCallback<Intent['pursue']>(async (about, run, errorsOf, propose) => {
    setState({ busy: true, refusal: null });
    if (wanted.current?.about !== about) {
      wanted.current = { about, key: propose ? await propose() : newKey() };
    }
    const answer = await run(wanted.current.key);
    const refusal = refusalOf(answer, errorsOf);
    if (!refusal) {
      wanted.current = null;
    }
    setState({ busy: false, refusal });
    return refusal === null;
  }, []);
  const drop = useCallback(() => {
    wanted.current = null;
    setState({ busy: false, refusal: null });
  }, []);
  return { ...state, pursue, drop };
}

function refusalOf<Data>(
  { data, error }: { data?: Data; error?: CombinedError },
  errorsOf: (data: Data) => readonly UserError[],
): Refusal | null {
  // What was done is done, even when reading it anew failed.
  const errors = data ? errorsOf(data) : [];
  if (errors.length > 0) {
    return { errors };
  }
  return data ? null : error ? { trouble: troubleOf(error) } : { errors: [] };
}
