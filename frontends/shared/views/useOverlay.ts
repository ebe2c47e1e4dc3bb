// What was read whole, with the parts of it that were read since.
import { useCallback, useMemo, useRef, useState } from 'react';

/** `put` lays parts over the whole that there is then; another answer for the whole is without them. */
export function useOverlay<Whole extends object>(
  whole: Whole | null,
): [shown: Whole | null, put: (parts: Partial<Whole>) => void] {
  const [over, setOver] = useState<{ of: Whole | null; parts: Partial<Whole> }>({ of: null, parts: {} });
  const latest = useRef(whole);
  latest.current = whole;
  const put = useCallback((parts: Partial<Whole>) => {
    const of = latest.current;
    setOver((before) => ({ of, parts: before.of === of ? { ...before.parts, ...parts } : parts }));
  }, []);
  const shown = useMemo(
    () => (whole && over.of === whole ? { ...whole, ...over.parts } : whole),
    [whole, over],
  );
  return [shown, put];
}
