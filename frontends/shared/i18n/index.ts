// Texts, numbers and times in the person's language. A key that does not exist, or a value that a text needs and was
// not given, does not compile.
import type { en as account } from './account';
import type { en as actions } from './actions';
import { en as common } from './en';
import type { en as live } from './live';
import type { en as mail } from './mail';
import type { en as mailForms } from './mail-forms';
import type { en as meetings } from './meetings';
import type { en as transfers } from './transfers';
import type { en as work } from './work';

/** Every text there is; `common` is in every add-in, the others come with the views that need them. */
type English = typeof common &
  typeof account &
  typeof actions &
  typeof live &
  typeof mail &
  typeof mailForms &
  typeof meetings &
  typeof transfers &
  typeof work;

export type Key = keyof English;
export type Messages = Record<keyof typeof common, string>;

/** The texts of some views, so that an add-in without them does not carry them. */
export interface Pack<Texts extends object> {
  en: Texts;
  de(): Promise<Record<keyof Texts, string>>;
}

/** Keys chosen by number, without their .one or .other. */
export type CountKey = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type Values<K extends Key> = [Names<English[K]>] extends [never]
  ? []
  : [values: Record<Names<English[K]>, string | number>];

const packs: Pack<object>[] = [{ en: common, de: async () => (await import('./de')).de }];
let messages: Record<string, string> = common;
let language = 'en';

/** Changes to the language of a BCP 47 tag, or to English when there is no translation. */
export async function setLanguage(tag: string): Promise<void> {
  const base = tag.toLowerCase().split(/[-_]/)[0] ?? 'en';
  const german = base === 'de';
  messages = await all(german);
  // The whole tag decides how dates look: en-GB and en-US differ.
  language = german || base === 'en' ? tag.replace('_', '-') : 'en';
  document.documentElement.lang = german ? base : 'en';
}

/** Adds the texts that some views need, in the language that is set; before it is, or with a view that comes later. */
export async function addTexts(...more: Pack<object>[]): Promise<void> {
  packs.push(...more.filter((it) => !packs.includes(it)));
  messages = await all(document.documentElement.lang === 'de');
}

async function all(german: boolean): Promise<Record<string, string>> {
  return Object.assign({}, ...(await Promise.all(packs.map((it) => (german ? it.de() : it.en)))));
}

export function t<K extends Key>(key: K, ...values: Values<K>): string {
  return fill(messages[key] ?? key, values[0] as Record<string, string | number> | undefined);
}

/** The text for a number of things; `{n}` is that number. */
export function count(key: CountKey, n: number): string {
  const form = new Intl.PluralRules(language).select(n) === 'one' ? 'one' : 'other';
  return fill(messages[`${key}.${form}`] ?? key, { n: new Intl.NumberFormat(language).format(n) });
}

function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, for today; the date for what is older. */
export function ago(iso: string, now = Date.now()): string {
  const passed = now - Date.parse(iso);
  if (passed > DAY || passed < -MINUTE) {
    return date(iso, now);
  }
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  if (passed < HOUR) {
    return relative.format(-Math.max(0, Math.round(passed / MINUTE)), 'minute');
  }
  return relative.format(-Math.round(passed / HOUR), 'hour');
}

/** Day and month, with the year when it is another one. */
export function date(iso: string, now = Date.now()): string {
  const when = new Date(iso);
  const year = when.getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year }).format(when);
}

/** A day without a time, which is midnight in UTC and the same day everywhere. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    new Date(iso),
  );
}

export function time(at: string | number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(new Date(at));
}

/** The whole moment, for a tooltip. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' }).format(new Date(iso));
}

/** Weekday, date and hours; one day is named once. */
export function span(from: string, to: string | null | undefined): string {
  const day = new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric', month: 'short' });
  const hours = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
  const start = new Date(from);
  const end = to ? new Date(to) : start;
  if (start.toDateString() === end.toDateString()) {
    return `${day.format(start)}, ${hours.formatRange(start, end)}`;
  }
  return `${day.format(start)}, ${hours.format(start)} – ${day.format(end)}, ${hours.format(end)}`;
}

/** The parts of a calendar sheet. */
export function sheet(iso: string): { month: string; day: string } {
  const at = new Date(iso);
  return {
    month: new Intl.DateTimeFormat(language, { month: 'short' }).format(at),
    day: new Intl.DateTimeFormat(language, { day: 'numeric' }).format(at),
  };
}

/** A size; its unit is left out when it is that of `whole`, which is told beside it. */
export function bytes(n: number, whole?: number): string {
  const [value, unit] = inUnits(n);
  const named = whole === undefined || inUnits(whole)[1] !== unit;
  return new Intl.NumberFormat(language, {
    ...(named ? { style: 'unit', unit, unitDisplay: 'short' } : {}),
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}

function inUnits(n: number): [value: number, unit: string] {
  return n < 1e6 ? [Math.ceil(n / 1e3), 'kilobyte'] : n < 1e9 ? [n / 1e6, 'megabyte'] : [n / 1e9, 'gigabyte'];
}
