// Fields with their labels and what is wrong with them. They know nothing of what they are for.
import { type ReactNode, type SyntheticEvent, useId } from 'react';
import './form.css';

interface FieldProps {
  label: string;
  /** Said after the label, for fields that must be filled in. */
  required?: boolean;
  hint?: string | null;
  error?: string | null;
}

interface Wired {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
  'aria-required'?: true;
}

/** A label above its control, with hint and error tied to it. */
export function Field({
  label,
  required,
  hint,
  error,
  children,
}: FieldProps & { children(wired: Wired): ReactNode }) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {required ? <span className="required" aria-hidden="true" /> : null}
      </label>
      {children({
        id,
        ...(note ? { 'aria-describedby': `${id}-note` } : {}),
        ...(error ? { 'aria-invalid': true as const } : {}),
        ...(required ? { 'aria-required': true as const } : {}),
      })}
      {note ? (
        <span id={`${id}-note`} className={error ? 'field-error' : 'hint'}>
          {note}
        </span>
      ) : null}
    </div>
  );
}

type TextProps = FieldProps & {
  value: string;
  change(value: string): void;
  rows?: number;
  type?: 'text' | 'number' | 'date' | 'time' | 'datetime-local' | 'search';
  limit?: number;
  /** The first day that can be chosen. */
  min?: string;
};

export function TextField({ value, change, rows, type = 'text', limit, min, ...field }: TextProps) {
  const hear = (event: SyntheticEvent<HTMLInputElement | HTMLTextAreaElement>) =>
    change(event.currentTarget.value);
  return (
    <Field {...field}>
      {(wired) =>
        rows ? (
          <textarea {...wired} rows={rows} maxLength={limit} value={value} onInput={hear} />
        ) : (
          <input
            {...wired}
            type={type}
            step={type === 'number' ? 'any' : undefined}
            maxLength={limit}
            min={min}
            autoComplete="off"
            value={value}
            onInput={hear}
          />
        )
      }
    </Field>
  );
}

export interface Choice {
  id: string;
  name: string;
}

export function SelectField({
  value,
  choices,
  change,
  empty,
  ...field
}: FieldProps & {
  value: string;
  choices: readonly Choice[];
  change(id: string): void;
  /** What stands there while nothing is chosen; left out when something always is. */
  empty?: string;
}) {
  return (
    <Field {...field}>
      {(wired) => (
        <select
          {...wired}
          value={value}
          onChange={(event: SyntheticEvent<HTMLSelectElement>) => change(event.currentTarget.value)}
        >
          {empty === undefined ? null : <option value="">{empty}</option>}
          {choices.map((it) => (
            <option key={it.id} value={it.id}>
              {it.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Check({
  checked,
  change,
  disabled,
  error,
  children,
}: {
  checked: boolean;
  change(checked: boolean): void;
  disabled?: boolean;
  /** What is wrong with it; told below it. */
  error?: string | null;
  children: ReactNode;
}) {
  const id = useId();
  const box = (
    <label className={`check${disabled ? ' disabled' : ''}`}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        {...(error ? { 'aria-describedby': id, 'aria-invalid': true as const } : {})}
        onChange={(event: SyntheticEvent<HTMLInputElement>) => change(event.currentTarget.checked)}
      />
      <span className="check-text">{children}</span>
    </label>
  );
  return (
    <>
      {box}
      {error ? (
        <span id={id} className="field-error">
          {error}
        </span>
      ) : null}
    </>
  );
}

/** A question with several boxes under it. */
export function Group({
  legend,
  required,
  error,
  children,
}: {
  legend: string;
  required?: boolean;
  error?: string | null;
  children: ReactNode;
}) {
  return (
    <fieldset className="group">
      <legend>
        {legend}
        {required ? <span className="required" aria-hidden="true" /> : null}
      </legend>
      {children}
      {error ? <span className="field-error">{error}</span> : null}
    </fieldset>
  );
}

/** One of two or three, all in sight. */
export function Radios<Value extends string>({
  legend,
  value,
  choices,
  change,
}: {
  legend: string;
  value: Value;
  choices: readonly { id: Value; name: string }[];
  change(value: Value): void;
}) {
  const name = useId();
  return (
    <fieldset className="radios">
      <legend className="unseen">{legend}</legend>
      {choices.map((it) => (
        <label key={it.id} className="radio">
          <input type="radio" name={name} checked={value === it.id} onChange={() => change(it.id)} />
          <span>{it.name}</span>
        </label>
      ))}
    </fieldset>
  );
}
