// The parts that the forms about meetings have in common.
import { type ReactNode, type RefObject, useEffect } from 'react';
import { span, t } from '../../i18n';
import { SelectField, TextField } from '../../ui/form';
import { Button, Note } from '../../ui/kit';
import { SignInActions } from '../Account/lazily';
import { dayOf, momentsOf, type Times, zoneAt } from './times';
import type { Problem } from './wrong';

/** Whoever opened a form goes on in its first field. */
export function useFirstField(form: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (document.hasFocus()) {
      form.current
        ?.querySelector<HTMLElement>('input:checked, input:not([type="radio"]), button')
        ?.focus({ preventScroll: true });
    }
  }, [form]);
}

const LENGTHS = [15, 30, 45, 60, 90, 120, 180];

export function When({
  times,
  error,
  change,
}: {
  times: Times;
  error: string | null;
  change(times: Times): void;
}) {
  const moments = momentsOf(times);
  const lengths = LENGTHS.includes(times.minutes)
    ? LENGTHS
    : [...LENGTHS, times.minutes].sort((a, b) => a - b);
  return (
    <div className="meeting-when">
      <TextField
        label={t('meet.date')}
        type="date"
        required
        min={dayOf(new Date())}
        value={times.date}
        error={error}
        change={(date) => change({ ...times, date })}
      />
      <TextField
        label={t('meet.time')}
        type="time"
        required
        value={times.time}
        change={(time) => change({ ...times, time })}
      />
      <SelectField
        label={t('meet.length')}
        value={String(times.minutes)}
        choices={lengths.map((n) => ({ id: String(n), name: t('row.minutes', { n }) }))}
        change={(minutes) => change({ ...times, minutes: Number(minutes) })}
      />
      <p className="hint">
        {moments
          ? t('meet.span', { span: span(moments.start, moments.end), zone: zoneAt(moments.start) })
          : null}
      </p>
    </div>
  );
}

/** What is wrong, and the sign-in that mends it. */
export function Wrongly({ problem }: { problem: Problem | undefined }) {
  return problem ? (
    <div className="meeting-wrong">
      <span className="field-error">{problem.text}</span>
      {problem.signIn ? (
        <SignInActions small provider={problem.signIn.provider} standing={problem.signIn.standing} />
      ) : null}
    </div>
  ) : null;
}

/** A form about a meeting. While nobody knows whether it was done, nothing of it can be changed. */
export function Form({
  form,
  children,
  other,
  unsure,
  busy,
  action,
  doing,
  danger = false,
  send,
  close,
}: {
  form: RefObject<HTMLDivElement | null>;
  children: ReactNode;
  other: Problem | undefined;
  unsure: boolean;
  busy: boolean;
  action: string;
  /** The same while it is under way. */
  doing: string;
  danger?: boolean;
  /** Left out while it cannot be done. */
  send: (() => void) | undefined;
  close(): void;
}) {
  return (
    <div className="form meeting-form" ref={form}>
      <fieldset className="form meeting-fields" disabled={unsure}>
        {children}
      </fieldset>
      {other ? <Note tone="warning">{other.text}</Note> : null}
      <div className="actions">
        {send ? (
          <Button small tone={danger ? 'danger' : 'primary'} busy={busy} onClick={send}>
            {busy ? doing : unsure ? t('action.retry') : action}
          </Button>
        ) : null}
        <Button small tone="subtle" onClick={close}>
          {t(unsure ? 'meet.close' : danger ? 'meet.keep' : 'action.cancel')}
        </Button>
      </div>
    </div>
  );
}
