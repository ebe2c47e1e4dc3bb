// The fields that Jira asks for, drawn by their kind.
import { t } from '../../i18n';
import { Check, Group, SelectField, TextField } from '../../ui/form';
import { usePane } from './context';
import type { FormField, Values } from './values';

interface Props {
  fields: readonly FormField[];
  values: Values;
  /** What is wrong with a field, by its id. */
  errors: Record<string, string>;
  change(id: string, value: string | string[]): void;
}

export function FormFields({ fields, values, errors, change }: Props) {
  return (
    <>
      {fields
        .filter((it) => it.kind !== 'UNSUPPORTED')
        .map((it) => (
          <OneField
            key={it.id}
            field={it}
            value={values[it.id] ?? ''}
            error={errors[it.id] ?? null}
            change={(value) => change(it.id, value)}
          />
        ))}
    </>
  );
}

const TYPES = { NUMBER: 'number', DATE: 'date', DATE_TIME: 'datetime-local' } as const;

function OneField({
  field,
  value,
  error,
  change,
}: {
  field: FormField;
  value: string | string[];
  error: string | null;
  change(value: string | string[]): void;
}) {
  const { me } = usePane();
  const told = { label: field.name, required: field.required && !field.hasDefault, error };
  const one = typeof value === 'string' ? value : '';
  switch (field.kind) {
    case 'SELECT':
      return (
        <SelectField
          {...told}
          value={one}
          choices={field.options ?? []}
          empty={t('new.choose')}
          change={change}
        />
      );
    case 'USER':
      return me ? (
        <SelectField
          {...told}
          value={one}
          choices={[{ id: me, name: t('new.me') }]}
          empty={t('new.choose')}
          change={change}
        />
      ) : null;
    case 'MULTI_SELECT': {
      const chosen = typeof value === 'string' ? [] : value;
      return (
        <Group legend={field.name} required={told.required} error={error}>
          {(field.options ?? []).map((it) => (
            <Check
              key={it.id}
              checked={chosen.includes(it.id)}
              change={(on) => change(on ? [...chosen, it.id] : chosen.filter((id) => id !== it.id))}
            >
              {it.name}
            </Check>
          ))}
        </Group>
      );
    }
    case 'TEXT_AREA':
      return <TextField {...told} rows={4} value={one} change={change} />;
    case 'LABELS':
      return <TextField {...told} hint={t('new.labelsHint')} value={one} change={change} />;
    case 'NUMBER':
    case 'DATE':
    case 'DATE_TIME':
      return <TextField {...told} type={TYPES[field.kind]} value={one} change={change} />;
    default:
      return <TextField {...told} value={one} change={change} />;
  }
}
