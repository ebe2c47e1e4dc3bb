// A new work item from the open mail: where it goes, what it says, what Jira wants to know, and which files go along.
import { useEffect, useMemo, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { readFragment } from '../../gql/fragment-masking';
import {
  type AttachedFileFragment,
  AttachedFileFragmentDoc,
  CreateIssueFromMailDocument,
} from '../../gql/graphql';
import { count, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { Check, SelectField, TextField } from '../../ui/form';
import { Button, External, IconButton, Note, Skeleton } from '../../ui/kit';
import { type UserError, useIntent } from '../IssueActions/intent';
import { Refused } from '../IssueActions/Refused';
import { Created } from './Created';
import { useMail, usePane } from './context';
import { FilePicker } from './FilePicker';
import { FormFields } from './FormFields';
import { chosenAtFirst } from './files';
import type { CardRef } from './IssueCard';
import { keyOf, refOf } from './mailbox';
import { useForm } from './useForm';
import { useWish } from './useWish';
import { beyond, handoff, inputOf, missing, mustShow, type Values } from './values';

/** Characters that Jira takes. */
const SUMMARY = 255;
const DESCRIPTION = 32_000;

interface Draft {
  summary: string;
  /** Null until the mail's text is there. */
  description: string | null;
  values: Values;
  files: string[] | null;
  whole: boolean;
}

/** What was entered for each mail: a pinned pane goes to another one and comes back. */
const drafts = new Map<string, Draft>();

interface Result {
  issue: (CardRef & { id: string }) | null;
  linked: boolean;
  files: AttachedFileFragment[];
  /** It was made by another press: in another window, or before something was changed here. */
  before: boolean;
}

export function CreateIssue({ close }: { close(): void }) {
  const mail = useMail();
  const { mailbox, sites, reload } = usePane();
  const key = keyOf(mail);
  const [draft, setDraft] = useState<Draft>(
    () =>
      drafts.get(key) ?? {
        summary: mail.subject.replace(/\s+/g, ' ').trim().slice(0, SUMMARY),
        description: null,
        values: {},
        files: null,
        whole: false,
      },
  );
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const [more, setMore] = useState(false);
  const [tried, setTried] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  const intent = useIntent();
  const wish = useWish();
  const sent = useRef<string | null>(null);
  const form = useForm();
  const [, create] = useMutation(CreateIssueFromMailDocument);
  const root = useRef<HTMLElement>(null);
  useEffect(() => {
    drafts.set(key, draft);
  }, [key, draft]);
  const filling = result === null;
  useEffect(() => {
    if (filling) {
      root.current?.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
    }
  }, [filling]);
  const empty = draft.description === null;
  useEffect(() => {
    if (empty) {
      void mailbox
        .text()
        .then((text) =>
          setDraft((before) =>
            before.description === null
              ? { ...before, description: (text ?? '').trim().slice(0, DESCRIPTION) }
              : before,
          ),
        );
    }
  }, [mailbox, empty]);

  const fields = form.form?.fields ?? [];
  const lacking = beyond(fields);
  const files = form.files ?? [];
  const chosen = draft.files ?? chosenAtFirst(files);
  const errors = useMemo(
    () => ({
      ...(tried
        ? Object.fromEntries(missing(fields, draft.values).map((it) => [it, t('new.required')]))
        : {}),
      ...errorsOf(intent.refusal),
    }),
    [tried, fields, draft.values, intent.refusal],
  );
  const summaryError = errors.summary ?? (tried && !draft.summary.trim() ? t('new.required') : null);
  const leave = () => {
    drafts.delete(key);
    close();
  };
  const submit = async () => {
    setTried(true);
    if (!draft.summary.trim() || missing(fields, draft.values).length > 0) {
      announce(t('new.required'));
      focusWrong(root.current);
      return;
    }
    const input = {
      site: form.place.site || null,
      project: form.place.project,
      type: form.place.type,
      summary: draft.summary.trim(),
      description: draft.description?.trim() || null,
      fields: inputOf(fields, draft.values),
      mail: refOf(mail),
      attachments: chosen,
      wholeConversation: draft.whole,
    };
    const about = JSON.stringify(input);
    const repeated = sent.current === about;
    sent.current = about;
    let made: Result | null = null;
    const done = await intent.pursue(
      about,
      (idempotencyKey) => create({ input: { idempotencyKey, ...input } }),
      ({ createIssueFromMail: it }) => {
        if (it.issue || it.link) {
          made = {
            issue: it.issue ?? null,
            linked: Boolean(it.link),
            files: it.attachments.map((file) => readFragment(AttachedFileFragmentDoc, file)),
            before: it.replayed && !repeated,
          };
          // It is there; what else went wrong is said beside it.
          return [];
        }
        return it.userErrors;
      },
      () => wish.key(form.place),
    );
    if (done && made) {
      await wish.grant(form.place);
      sent.current = null;
      if (!(made as Result).before) {
        drafts.delete(key);
      }
      setResult(made);
      reload();
      return;
    }
    announce(t('new.failed'));
    focusWrong(root.current);
  };

  if (result) {
    return <Created {...result} names={files} close={leave} another={() => setResult(null)} />;
  }
  const ready = form.form !== null;
  return (
    <section className="form create-form" aria-labelledby="new" ref={root}>
      <header className="form-head">
        <IconButton icon="back" label={t('new.back')} onClick={close} />
        <h2 id="new" tabIndex={-1}>
          {t('new.title')}
        </h2>
      </header>
      {sites.length > 1 ? (
        <SelectField
          label={t('new.site')}
          value={form.place.site}
          choices={sites}
          change={(site) => form.choose({ site })}
        />
      ) : null}
      {form.failed ? (
        <Note
          tone="warning"
          actions={
            <Button small busy={form.busy} onClick={form.again}>
              {t('action.retry')}
            </Button>
          }
        >
          {t('new.formFailed')}
        </Note>
      ) : null}
      <Where form={form} />
      <TextField
        label={t('new.summary')}
        required
        limit={SUMMARY}
        error={summaryError}
        value={draft.summary}
        change={(summary) => change({ summary })}
      />
      <TextField
        label={t('new.description')}
        rows={6}
        limit={DESCRIPTION}
        hint={draft.description ? null : t('new.descriptionHint')}
        error={errors.description ?? null}
        value={draft.description ?? ''}
        change={(description) => change({ description })}
      />
      {ready ? (
        <FormFields
          fields={fields.filter((it) => mustShow(it) || more)}
          values={draft.values}
          errors={errors}
          change={(id, value) => change({ values: { ...draft.values, [id]: value } })}
        />
      ) : form.failed || form.projects?.nodes.length === 0 ? null : (
        <Skeleton rows={1} />
      )}
      <MoreFields
        number={more ? 0 : fields.filter((it) => !mustShow(it) && it.kind !== 'UNSUPPORTED').length}
        show={() => setMore(true)}
      />
      {files.length > 0 ? (
        <FilePicker files={files} chosen={chosen} choose={(it) => change({ files: it })} />
      ) : null}
      <Check checked={draft.whole} change={(whole) => change({ whole })}>
        {t('new.whole')}
      </Check>
      {intent.refusal && Object.keys(errors).length === 0 ? <Refused refusal={intent.refusal} /> : null}
      {lacking.length > 0 && form.form ? (
        <Note
          tone="info"
          actions={
            <External
              className="button primary"
              href={handoff(form.form.handoffUrl, draft.summary, draft.description ?? '')}
            >
              {t('new.finish')}
            </External>
          }
        >
          {t('new.handoff', { fields: lacking.map((it) => it.name).join(', ') })} {t('new.keepsNote')}
        </Note>
      ) : (
        <div className="actions form-end">
          <Button tone="primary" busy={intent.busy || !ready} onClick={submit}>
            {t(intent.busy ? 'new.submitting' : 'new.submit')}
          </Button>
          <Button tone="subtle" onClick={leave}>
            {t('action.cancel')}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Project and type; with more projects than fit a list, a field to find one. */
function Where({ form }: { form: ReturnType<typeof useForm> }) {
  const [words, setWords] = useState('');
  const { projects, place } = form;
  const { search } = form;
  useEffect(() => {
    const timer = setTimeout(() => search(words.trim()), 300);
    return () => clearTimeout(timer);
  }, [words, search]);
  if (!projects && words === '') {
    return form.failed ? null : <Skeleton rows={1} />;
  }
  if (projects?.nodes.length === 0 && words === '') {
    return <Note tone="info">{t('new.noProjects')}</Note>;
  }
  const named = (projects?.nodes ?? []).map((it) => ({ id: it.id, name: `${it.name} (${it.key})` }));
  return (
    <>
      {projects?.pageInfo.hasNextPage || words ? (
        <TextField label={t('new.findProject')} type="search" limit={100} value={words} change={setWords} />
      ) : null}
      <div className="side-by-side">
        <SelectField
          label={t('new.project')}
          value={place.project}
          choices={named}
          change={(project) => form.choose({ project })}
        />
        <SelectField
          label={t('new.type')}
          value={place.type}
          choices={form.form?.types ?? []}
          change={(type) => form.choose({ type })}
        />
      </div>
    </>
  );
}

function MoreFields({ number, show }: { number: number; show(): void }) {
  return number > 0 ? (
    <div>
      <Button small tone="subtle" expanded={false} onClick={show}>
        {count('new.moreFields', number)}
      </Button>
    </div>
  ) : null;
}

/** The gateway's objections by the field they are about. */
function errorsOf(refusal: { errors: readonly UserError[] } | object | null): Record<string, string> {
  if (!refusal || !('errors' in refusal)) {
    return {};
  }
  const errors: Record<string, string> = {};
  for (const { code, field } of refusal.errors) {
    const id = field?.at(-1);
    if (id && code.startsWith('FIELD_')) {
      errors[id] = t(code === 'FIELD_REQUIRED' ? 'new.required' : 'new.invalid');
    }
  }
  return errors;
}

/** The first field that has something wrong with it. */
function focusWrong(root: HTMLElement | null): void {
  setTimeout(() => root?.querySelector<HTMLElement>('[aria-invalid]')?.focus(), 0);
}
