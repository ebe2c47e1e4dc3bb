// What a person has entered into a form that Jira described, and what of it the gateway is sent.
import type { CreateFormQuery, FieldValueInput } from '../../gql/graphql';

export type FormField = NonNullable<CreateFormQuery['createForm']>['fields'][number];

/** By field id; several choices are kept together. */
export type Values = Record<string, string | string[]>;

/** Fields that have to be in sight. The others wait behind a button. */
export function mustShow(field: FormField): boolean {
  return field.required && !(field.kind === 'UNSUPPORTED' && field.hasDefault);
}

/** Required fields that only Jira's own page can fill in. */
export function beyond(fields: readonly FormField[]): FormField[] {
  return fields.filter((it) => it.kind === 'UNSUPPORTED' && it.required && !it.hasDefault);
}

/** Required fields that are still empty. */
export function missing(fields: readonly FormField[], values: Values): string[] {
  return fields
    .filter((it) => it.required && !it.hasDefault && it.kind !== 'UNSUPPORTED' && isEmpty(values[it.id]))
    .map((it) => it.id);
}

function isEmpty(value: string | string[] | undefined): boolean {
  return value === undefined || (typeof value === 'string' ? value.trim() === '' : value.length === 0);
}

/** The values as the gateway takes them; empty ones are left to Jira's defaults. */
export function inputOf(fields: readonly FormField[], values: Values): FieldValueInput[] {
  return fields.flatMap((field) => {
    const value = values[field.id];
    if (value === undefined || isEmpty(value)) {
      return [];
    }
    const it = memberOf(field, value);
    return it ? [{ field: field.id, ...it }] : [];
  });
}

function memberOf(field: FormField, value: string | string[]): Omit<FieldValueInput, 'field'> | null {
  const one = typeof value === 'string' ? value : (value[0] ?? '');
  switch (field.kind) {
    case 'TEXT':
    case 'TEXT_AREA':
      return { text: one };
    case 'NUMBER':
      return Number.isFinite(Number(one)) ? { number: Number(one) } : null;
    case 'DATE':
      return { date: one };
    case 'DATE_TIME':
      return { date: new Date(one).toISOString() };
    case 'SELECT':
      return { option: one };
    case 'MULTI_SELECT':
      return { options: [value].flat() };
    case 'LABELS':
      return { labels: one.split(/\s+/).filter(Boolean) };
    case 'USER':
      return { user: one };
    default:
      return null;
  }
}

/** Jira's own create page with what was entered. */
export function handoff(url: string, summary: string, description: string): string {
  const address = new URL(url);
  address.searchParams.set('summary', summary);
  if (description) {
    // Longer addresses are refused by browsers and servers on the way.
    address.searchParams.set('description', description.slice(0, 4_000));
  }
  return address.href;
}
