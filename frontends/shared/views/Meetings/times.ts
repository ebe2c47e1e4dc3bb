// Moments as a form has them: a day, a time of day and minutes, in the zone of whoever fills it in.

export interface Times {
  /** As `<input type="date">` has it. */
  date: string;
  /** As `<input type="time">` has it. */
  time: string;
  minutes: number;
}

const HALF_HOUR = 30 * 60_000;
/** Milliseconds that people need to come. */
const NOTICE = 10 * 60_000;

/** A day as `<input type="date">` has it. */
export function dayOf(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The next half hour that people can still come to. */
export function proposed(now = Date.now()): Times {
  return timesOf(new Date(Math.ceil((now + NOTICE) / HALF_HOUR) * HALF_HOUR), 30);
}

export function timesOf(start: Date, minutes: number): Times {
  const two = (n: number) => String(n).padStart(2, '0');
  return { date: dayOf(start), time: `${two(start.getHours())}:${two(start.getMinutes())}`, minutes };
}

/** From when to when, as the gateway takes it; null where the day or the time is none. */
export function momentsOf({ date, time, minutes }: Times): { start: string; end: string } | null {
  const start = Date.parse(`${date}T${time}`);
  if (!date || !time || Number.isNaN(start)) {
    return null;
  }
  const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
  return { start: iso(start), end: iso(start + minutes * 60_000) };
}

/** The zone's IANA name. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The zone as people call it at a moment, such as Europe/Berlin (CET). */
export function zoneAt(iso: string): string {
  const parts = new Intl.DateTimeFormat(document.documentElement.lang || 'en', {
    timeZoneName: 'short',
  }).formatToParts(new Date(iso));
  const short = parts.find((it) => it.type === 'timeZoneName')?.value;
  const name = zone().replaceAll('_', ' ');
  return short && short !== name ? `${name} (${short})` : name;
}
