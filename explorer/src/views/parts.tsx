// Licensed under the Apache License, Version 2.0; see LICENSE.

// What views are made of: dialogs, failures in words, loading, buttons that do something that takes
// time. Knows no protocol beyond a refusal's status.

import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { signal } from '@preact/signals'
import type { ComponentChildren, TargetedSubmitEvent } from 'preact'
import { Broken, Refused } from '../wire/request'
import { t } from '../strings'

// What a screen reader hears, and others see for a while.
const said = signal('')
export function say(text: string): void {
  said.value = text
}

export function Spoken() {
  return (
    <p class="spoken" role="status">
      {said.value}
    </p>
  )
}

export function inWords(error: unknown): string[] {
  if (error instanceof Broken) return [t.connectionBroke]
  if (!(error instanceof Refused)) return [t.unexpected]
  const words = [t.problem[error.status] ?? t.refused(error.status)]
  if (error.detail || error.title) words.push(t.serverSays(error.detail || error.title))
  return words
}

// A failure, if there is one: the server's words are text.
export function Failure({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  if (error === undefined) return null
  return (
    <div class="failure" role="alert">
      {inWords(error).map(text => (
        <p>
          <bdi>{text}</bdi>
        </p>
      ))}
      {retry && <button onClick={retry}>{t.tryAgain}</button>}
    </div>
  )
}

// A stranger's text: its direction does not touch what stands around it.
export function Name({ children }: { children: string }) {
  return <bdi class="name">{children}</bdi>
}

export interface Loaded<T> {
  value: T | undefined
  error: unknown
  reload(): void
}

// Loads when it is shown and whenever `keys` change; what comes too late is dropped.
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  keys: unknown[]
): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: unknown }>({})
  const [count, setCount] = useState(0)
  const before = useRef<unknown[]>(keys)
  // What was loaded for other keys is not shown for these, not even until the effect below runs.
  const others = keys.some((key, i) => key !== before.current[i])
  useEffect(() => {
    const stopper = new AbortController()
    before.current = keys
    if (others) setState({})
    load(stopper.signal).then(
      value => !stopper.signal.aborted && setState({ value }),
      error => !stopper.signal.aborted && setState({ error })
    )
    return () => stopper.abort()
  }, [...keys, count])
  const { value, error } = others ? {} : state
  return { value, error, reload: () => setCount(n => n + 1) }
}

export function Loading() {
  return <p class="loading">{t.loading}</p>
}

// A form, or a button, whose deed takes time: it cannot be done twice at once, and says what
// failed.
export function useDeed() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const alive = useRef(true)
  useEffect(() => () => void (alive.current = false), [])
  const run = async (deed: () => Promise<void>) => {
    setBusy(true)
    setError(undefined)
    try {
      await deed()
    } catch (caught) {
      if (alive.current) setError(caught)
    } finally {
      if (alive.current) setBusy(false)
    }
  }
  return { busy, error, run, setError }
}

interface DialogProps {
  title: string
  close(): void
  children: ComponentChildren
}

export function Dialog({ title, close, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // At once, so that no key goes to what is behind it.
  useLayoutEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog ref={element} aria-labelledby={heading} onClose={close}>
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  )
}

interface FormDialogProps extends DialogProps {
  label: string
  danger?: boolean
  submit(fields: FormData): Promise<void>
}

// A dialog with a form: closes when what it was for is done.
export function FormDialog({ title, close, children, label, danger, submit }: FormDialogProps) {
  const deed = useDeed()
  const onSubmit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    void deed.run(async () => {
      await submit(fields)
      close()
    })
  }
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={onSubmit}>
        {children}
        <Failure error={deed.error} />
        <p class="actions">
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={deed.busy}>
            {deed.busy ? t.working : label}
          </button>
          <button type="button" onClick={close}>
            {t.cancel}
          </button>
        </p>
      </form>
    </Dialog>
  )
}

interface NameDialogProps {
  title: string
  // Of the field, where it is not a name alone.
  label?: string
  value?: string
  close(): void
  submit(name: string): Promise<void>
}

// Asks for the name of something new, or for another name.
export function NameDialog({ title, label = t.name, value, close, submit }: NameDialogProps) {
  return (
    <FormDialog
      title={title}
      label={title}
      close={close}
      submit={fields => submit(fieldOf(fields, 'name'))}
    >
      <Field name="name" label={label} value={value} />
    </FormDialog>
  )
}

interface DeleteDialogProps {
  question: string
  close(): void
  submit(): Promise<void>
}

// Asks before something is gone for good.
export function DeleteDialog({ question, close, submit }: DeleteDialogProps) {
  return (
    <FormDialog title={t.delete} label={t.delete} danger close={close} submit={submit}>
      <p>
        <bdi>{question}</bdi>
      </p>
    </FormDialog>
  )
}

interface FieldProps {
  name: string
  label: string
  value?: string | undefined
  type?: 'text' | 'date'
  required?: boolean
}

export function Field({ name, label, value = '', type = 'text', required = true }: FieldProps) {
  const id = useId()
  const given = { id, name, defaultValue: value, required, autocomplete: 'off', spellcheck: false }
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {type === 'date' ? <input type="date" {...given} /> : <input type="text" {...given} />}
    </p>
  )
}

export function fieldOf(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

// A text to be copied.
export function Copyable({ text, label }: { text: string; label: string }) {
  const id = useId()
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => say(t.copied),
      () => undefined
    )
  return (
    <div class="copyable">
      <label for={id}>{label}</label>
      <textarea id={id} readOnly rows={6} value={text} spellcheck={false} />
      <button type="button" onClick={copy}>
        {t.copy}
      </button>
    </div>
  )
}

export interface Crumb {
  label: string
  href: string
}

export function Crumbs({ path, here }: { path: Crumb[]; here: string }) {
  return (
    <nav class="crumbs" aria-label={t.where}>
      <ol>
        {path.map(({ label, href }) => (
          <li>
            <a href={href}>
              <Name>{label}</Name>
            </a>
          </li>
        ))}
        <li aria-current="page">
          <Name>{here}</Name>
        </li>
      </ol>
    </nav>
  )
}
