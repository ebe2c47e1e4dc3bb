// Texts, numbers and times.
import { afterEach, expect, test } from 'vitest';
import { addTexts, ago, bytes, count, date, setLanguage, span, t } from '../../shared/i18n';
import { account } from '../../shared/i18n/account';
import { actions } from '../../shared/i18n/actions';
import { de } from '../../shared/i18n/de';
import { en } from '../../shared/i18n/en';
import { live } from '../../shared/i18n/live';
import { mail } from '../../shared/i18n/mail';
import { mailForms } from '../../shared/i18n/mail-forms';
import { meetings } from '../../shared/i18n/meetings';
import { transfers } from '../../shared/i18n/transfers';
import { work } from '../../shared/i18n/work';

afterEach(() => setLanguage('en-GB'));

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((it) => it[1]).sort();

const PACKS = {
  common: { en, de: async () => de },
  account,
  actions,
  live,
  mail,
  mailForms,
  meetings,
  transfers,
  work,
};

test.each(Object.entries(PACKS))('%s says the same in German, with the same values', async (_name, pack) => {
  const english: Record<string, string> = pack.en;
  const german: Record<string, string> = await pack.de();
  const shape = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, holes(text)]));
  expect(shape(german)).toEqual(shape(english));
});

test('texts that come later come in the language that is set', async () => {
  await setLanguage('de-DE');
  await addTexts(actions);
  expect(t('act.assign')).toBe('Mir zuweisen');
  expect(t('action.retry')).toBe('Erneut versuchen');
});

test('values are filled in, and numbers choose the form', async () => {
  await setLanguage('en-GB');
  expect(t('head.assignee', { name: 'Ada' })).toBe('Assignee: Ada');
  expect(count('hidden.mails', 1)).toBe('1 more in someone else’s mailbox');
  expect(count('hidden.mails', 1200)).toBe('1,200 more in others’ mailboxes');
});

test('German speaks German, another language English', async () => {
  await setLanguage('de_DE');
  expect(t('action.retry')).toBe('Erneut versuchen');
  expect(document.documentElement.lang).toBe('de');
  await setLanguage('fr-FR');
  expect(t('action.retry')).toBe('Try again');
  expect(document.documentElement.lang).toBe('en');
});

test('today is told by how long ago, older by its date', async () => {
  await setLanguage('en-GB');
  const now = Date.parse('2026-11-21T12:00:00Z');
  expect(ago('2026-11-21T11:59:50Z', now)).toBe('this minute');
  expect(ago('2026-11-21T11:48:00Z', now)).toBe('12 min ago');
  expect(ago('2026-11-21T07:00:00Z', now)).toBe('5 hr ago');
  expect(ago('2026-11-19T12:00:00Z', now)).toBe('19 Nov');
  expect(date('2025-11-19T12:00:00Z', now)).toBe('19 Nov 2025');
});

test('one day is named once in a span', async () => {
  await setLanguage('en-GB');
  expect(span('2026-11-23T10:00:00', '2026-11-23T11:30:00')).toBe('Mon 23 Nov, 10:00–11:30');
  expect(span('2026-11-23T10:00:00', '2026-11-24T11:30:00')).toBe('Mon 23 Nov, 10:00 – Tue 24 Nov, 11:30');
  expect(span('2026-11-23T09:05:00', null)).toBe('Mon 23 Nov, 09:05');
});

test('sizes are megabytes, then gigabytes', async () => {
  await setLanguage('en-GB');
  expect(bytes(184_500_000)).toBe('185 MB');
  expect(bytes(1_340_000_000)).toBe('1.3 GB');
});
