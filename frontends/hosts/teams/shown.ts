// Tells Teams that something is on the page.
import { useEffect } from 'react';
import type { Teams } from './teams';

export function useShown(host: Teams): void {
  useEffect(() => host.shown(), [host]);
}
